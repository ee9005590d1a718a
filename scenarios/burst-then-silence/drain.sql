-- drain.sql - how long after the burst until its mail is gone
--
--     sqlite3 -box burst-then-silence.db \
--         < scenarios/burst-then-silence/drain.sql
--
-- The last mail of the burst comes at minute 12. normal_min: fewer than 50
-- recipients are queued from then on; threads: busy ones 5 and 60 minutes
-- after the burst.
WITH drained AS (
    SELECT run,
           max(CASE WHEN queued >= 50 THEN step + 1 END) - 11 AS normal_min,
           max(CASE WHEN step + 1 = 17 THEN busy_threads END) AS threads_5,
           max(CASE WHEN step + 1 = 72 THEN busy_threads END) AS threads_60
    FROM series
    GROUP BY run
)
SELECT v.params, count(*) AS n,
       printf('%.1f', avg(normal_min)) AS normal_min,
       printf('%.1f', avg(threads_5)) AS threads_5,
       printf('%.1f', avg(threads_60)) AS threads_60
FROM drained d
JOIN run r ON r.id = d.run
JOIN v_point v ON v.point = r.point
GROUP BY v.params
ORDER BY CAST(substr(v.params, instr(v.params, '=') + 1) AS REAL);
