-- title: Data health
-- definition: What became of every record that was read. Records in = accepted + duplicates + superseded + quarantined + erased.
-- denominator: Quarantined share: records in. Stitched: as measured by the build.
-- n: Records read from the source.
-- window: All files loaded, by the day on which they arrived.
select
    source, min(arrival_date) as first_arrival_date, max(arrival_date) as last_arrival_date,
    sum(records_in_count)::bigint as records_in_count, sum(accepted_count)::bigint as accepted_count,
    sum(duplicate_count)::bigint as duplicate_count, sum(superseded_count)::bigint as superseded_count,
    sum(quarantined_count)::bigint as quarantined_count, sum(erased_count)::bigint as erased_count,
    sum(late_count)::bigint as late_count, sum(bot_count)::bigint as bot_count, max(watermark_at) as watermark_at,
    list_sort(list_distinct(flatten(list(unmapped_names)))) as unmapped_names
from data_health
group by source
order by source
