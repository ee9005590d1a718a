-- hosts.sql - latency by destination, a line for each point of a sweep
--
--     sqlite3 -box RESULTS.db < scenarios/hosts.sql
--
-- Means over replications, p95 with its 95 % interval (Student's t). A value
-- beyond the horizon in any replication makes the mean "> horizon".
WITH host AS (
    SELECT g.name AS host, r.scheduler_name AS scheduler, v.params, r.point, count(*) AS n,
           avg(g.connections) AS connections,
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
    WHERE g.kind = 'host'
    GROUP BY g.name, r.point, r.scheduler_sha256, r.program_sha256, r.seed
)
SELECT host, scheduler, substr(params, instr(params, '=') + 1) AS value, n,
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
       printf('%.0f', undelivered) AS undelivered,
       printf('%.0f', connections) AS connections
FROM host
ORDER BY host, CAST(substr(params, instr(params, '=') + 1) AS REAL), value;
