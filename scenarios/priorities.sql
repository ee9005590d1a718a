-- priorities.sql - latency by priority, a line for each point of a sweep
--
--     sqlite3 -box RESULTS.db < scenarios/priorities.sql
--
-- Means over replications, p95 with its 95 % interval (Student's t). A value
-- beyond the horizon in any replication makes the mean "> horizon".
WITH class AS (
    SELECT g.name AS priority, v.params, r.point, count(*) AS n,
           avg(g.submitted) AS submitted, avg(g.returned) AS returned,
           avg(g.submitted - g.delivered) AS undelivered,
           CASE WHEN count(*) = count(latency_p50_s)
                THEN avg(latency_p50_s) END AS p50,
           CASE WHEN count(*) = count(latency_p95_s)
                THEN avg(latency_p95_s) END AS p95,
           CASE WHEN count(*) = count(latency_p99_s)
                THEN avg(latency_p99_s) END AS p99,
           sum(latency_p95_s * latency_p95_s) AS squares
    FROM population g
    JOIN run r ON r.id = g.run
    JOIN v_point v ON v.point = r.point
    WHERE g.kind = 'priority' AND g.submitted > 0
    GROUP BY g.name, r.point, r.scheduler_sha256, r.program_sha256, r.seed
)
SELECT params, priority, n,
       CASE WHEN p50 IS NULL THEN '> horizon'
            ELSE printf('%.2f s', p50) END AS p50,
       CASE WHEN p95 IS NULL THEN '> horizon'
            WHEN n < 2 THEN printf('%.2f s', p95)
            ELSE printf('%.2f ± %.2f s', p95,
                 sqrt(max(0, squares - n * p95 * p95) / (n - 1) / n) *
                 (SELECT t FROM student_t975 WHERE df <= n - 1
                  ORDER BY df DESC LIMIT 1)) END AS p95,
       CASE WHEN p99 IS NULL THEN '> horizon'
            ELSE printf('%.2f s', p99) END AS p99,
       printf('%.0f', submitted) AS submitted,
       printf('%.0f', returned) AS returned,
       printf('%.0f', undelivered) AS undelivered
FROM class
ORDER BY params, CASE priority WHEN 'urgent' THEN 0 WHEN 'normal' THEN 1
         ELSE 2 END;
