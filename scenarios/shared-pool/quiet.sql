-- quiet.sql - p95 of the busy channel and of the nine quiet ones
--
--     sqlite3 -box shared-pool.db < scenarios/shared-pool/quiet.sql
--
-- Means over replications; of the quiet channels, the mean and the worst.
-- jobs: processes, mean while mail comes.
WITH fate AS (
    SELECT run,
           max(CASE WHEN name = 'tcp_busy' THEN latency_p95_s END) AS busy,
           max(CASE WHEN name = 'tcp_busy'
               THEN submitted - delivered END) AS busy_left,
           avg(CASE WHEN name <> 'tcp_busy' THEN latency_p95_s END) AS quiet,
           max(CASE WHEN name <> 'tcp_busy' THEN latency_p95_s END) AS worst
    FROM population
    WHERE kind = 'channel' AND submitted > 0
    GROUP BY run
), held AS (
    SELECT run, avg(jobs) AS jobs, avg(busy_threads) AS busy_threads
    FROM series
    WHERE step BETWEEN 10 AND 179
    GROUP BY run
)
SELECT v.params, count(*) AS n,
       CASE WHEN count(*) = count(busy) THEN printf('%.2f', avg(busy))
            ELSE '> horizon' END AS busy_p95,
       printf('%.0f', avg(busy_left)) AS busy_left,
       printf('%.2f', avg(quiet)) AS quiet_p95,
       printf('%.2f', avg(worst)) AS quiet_worst,
       printf('%.1f', avg(jobs)) AS jobs,
       printf('%.1f', avg(busy_threads)) AS busy_threads
FROM fate f
JOIN held h ON h.run = f.run
JOIN run r ON r.id = f.run
JOIN v_point v ON v.point = r.point
GROUP BY v.params
ORDER BY substr(v.params, 1, instr(v.params, ' ')),
         CAST(substr(v.params, instr(v.params, 'limit=') + 6) AS REAL);
