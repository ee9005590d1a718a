-- burst.sql - how soon a burst has all its threads
--
--     sqlite3 -box processes-or-threads.db \
--         < scenarios/processes-or-threads/burst.sql
--
-- The burst begins at the hour and lasts 30 s. full_s: until at least 95
-- threads are busy, to the next ten seconds; processes: mean over the three
-- hours.
WITH burst AS (
    SELECT run,
           min(CASE WHEN step >= 360 AND busy_threads >= 95
               THEN (step - 359) * 10 END) AS full_s,
           avg(CASE WHEN step < 1080 THEN jobs END) AS processes
    FROM series
    GROUP BY run
)
SELECT v.params, count(*) AS n,
       printf('%.0f', avg(full_s)) AS full_s,
       printf('%.1f', avg(processes)) AS processes
FROM burst b
JOIN run r ON r.id = b.run
JOIN v_point v ON v.point = r.point
GROUP BY v.params
ORDER BY avg(processes) DESC;
