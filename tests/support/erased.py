"""What a home directory holds of a person, and its tables for comparison with another's."""

from pathlib import Path

import journey_analytics as ja
from journey_analytics.building import published_models
from journey_analytics.warehouse import open_warehouse

# What a table says of files, and of how many records they held, differs where the files differ.
OF_FILES = {
    "events": ("source_file", "source_row"),
    "data_health": ("file_count", "records_in_count", "erased_count"),
}


def traces_of(home: Path, customer_id: str, shop: str = "nl") -> list[str]:
    """The customer key, all event ids and the identifiers of a person, as the published file has them."""
    with open_warehouse(home) as connection:
        (key,) = connection.execute(
            "select distinct customer_key from customer_identifiers "
            "where identifier_type = 'customer_id' and identifier = ? and shop = ?",
            [customer_id, shop],
        ).fetchall()[0]
        found = connection.execute(
            "select event_id from event_customers where customer_key = $key union "
            "select unnest(event_ids) from touchpoints where customer_key = $key union "
            "select identifier from customer_identifiers where customer_key = $key and scope = 'person'",
            {"key": key},
        ).fetchall()
    # Cat has Ann's customer id in another shop.
    return sorted({key, *(value for (value,) in found)} - {"9001"})


def tables_of(home: Path) -> dict[str, list[str]]:
    """Every published table as sorted rows of text, but for what depends on how records were cut into files."""
    found = {}
    with open_warehouse(home) as connection:
        for name in published_models():
            if name not in ("files", "quarantine"):
                dropped = ", ".join(OF_FILES.get(name, ()))
                columns = f"* exclude ({dropped})" if dropped else "*"
                # A file of which nothing is left still is a row of data_health.
                some = (
                    "where accepted_count + quarantined_count > 0" if name == "data_health" else ""
                )
                rows = connection.execute(
                    f"select t::varchar from (select {columns} from {name} {some}) as t"
                ).fetchall()
                found[name] = sorted(row for (row,) in rows)
    return found


def rebuild(landing: Path, home: Path) -> ja.BuildResult:
    result = ja.build(landing, home)
    assert result.refusal is None, result.refusal
    return result


def erased_counts(home: Path) -> dict[str, int]:
    """Erased records by landing folder; the accounting of every file is checked on the way."""
    with open_warehouse(home) as connection:
        rows = connection.execute(
            "select source, sum(erased_count)::int, bool_and(records_in_count = accepted_count + duplicate_count "
            "+ superseded_count + quarantined_count + erased_count) from files group by source"
        ).fetchall()
    assert all(is_balanced for *_, is_balanced in rows)
    return {source: count for source, count, _ in rows if count}
