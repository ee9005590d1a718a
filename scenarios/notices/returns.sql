-- returns.sql - what became of the mail for hosts that were down
--
--     sqlite3 -box notices.db < scenarios/notices/returns.sql
--
-- Means over replications; p99_days: how late the latest came
-- through, where more than 99 % did.
SELECT substr(v.params, instr(v.params, '=') + 1) AS notices, g.name AS host,
       count(*) AS n, printf('%.0f', avg(g.submitted)) AS submitted,
       printf('%.0f', avg(g.returned)) AS returned,
       printf('%.0f', avg(g.deferrals)) AS failed_attempts,
       CASE WHEN count(*) = count(g.latency_p99_s)
            THEN printf('%.1f', avg(g.latency_p99_s) / 86400)
            ELSE 'returned' END AS p99_days
FROM population g
JOIN run r ON r.id = g.run
JOIN v_point v ON v.point = r.point
WHERE g.kind = 'host' AND g.submitted > 0
GROUP BY v.params, g.name
ORDER BY g.name, notices;
