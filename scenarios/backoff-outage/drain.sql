-- drain.sql - how long after the outage until the backlog is normal again
--
--     sqlite3 -box backoff-outage.db < scenarios/backoff-outage/drain.sql
--
-- The outage ends at minute 540. Of the backlog then, half is gone after
-- half_min and 95 % after most_min; normal_min: fewer than 50 recipients are
-- queued from then on (before the outage there are never more than 8).
-- wasted: deferrals, that is attempts that did no good.
WITH queue AS (
    SELECT s.run, s.step + 1 AS minute, s.queued
    FROM series s
    WHERE s.step + 1 >= 540
), drained AS (
    SELECT a.run,
           min(CASE WHEN b.queued <= 0.50 * a.queued
               THEN b.minute END) - 540 AS half_min,
           min(CASE WHEN b.queued <= 0.05 * a.queued
               THEN b.minute END) - 540 AS most_min,
           max(CASE WHEN b.queued >= 50 THEN b.minute END) - 539 AS normal_min
    FROM queue a JOIN queue b ON b.run = a.run
    WHERE a.minute = 540
    GROUP BY a.run
)
SELECT coalesce(p.label, p.value) AS normalbackoff, count(*) AS n,
       printf('%.1f', avg(half_min)) AS half_min,
       printf('%.1f', avg(most_min)) AS most_min,
       printf('%.1f', avg(normal_min)) AS normal_min,
       printf('%.0f', avg(g.deferrals)) AS wasted
FROM drained d
JOIN run r ON r.id = d.run
JOIN point_param p ON p.point = r.point
JOIN population g ON g.run = d.run AND g.kind = 'host'
     AND g.name = 'bigisp.example'
GROUP BY p.value
ORDER BY avg(normal_min);
