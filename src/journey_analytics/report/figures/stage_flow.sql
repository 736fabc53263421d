-- title: Flow between stages
-- definition: Changes of stage, each counted in the period in which the new stage was entered. Forward = to a later stage of
-- the same journey (advance, or skip over one). Back = to an earlier stage of the same journey (regress). Again = to an
-- earlier stage in a new journey (renew): the loyal customer's cycle, which is success and not a step back.
-- denominator: All stages entered in the period, first visits included.
-- n: Stages entered; customers are counted once per kind of change.
-- window: The period, in the shop's time zone.
select from_stage, to_stage, direction, transition_count, customer_count, median_seconds
from stage_transitions
where shop = $shop and period_date = $period and breakdown_by = 'all' and from_stage is not null
order by transition_count desc, from_stage, to_stage, direction
