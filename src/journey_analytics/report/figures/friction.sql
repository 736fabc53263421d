-- title: Friction signals
-- definition: What happened in abandoned carts, beside how often the same happened in carts that were bought. Signals, not
-- causes: observational, and a cart may show several, so the shares do not add to 100 %. Lift = share among abandoned carts
-- divided by the share among bought ones.
-- denominator: Abandoned carts of the period; for the lighter mark, bought carts of the period.
-- n: Abandoned carts with the signal.
-- window: Carts created in the period; signals up to the abandonment or the order.
select signal, evidence_kind, abandoned_count, abandoned_share, purchased_share, lift
from checkout_friction
where shop = $shop and period_date = $period and breakdown_by = 'all' and abandoned_count > 0
order by abandoned_count desc, signal
