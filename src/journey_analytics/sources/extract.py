"""Runs the readers' selects: records in, finished lake rows out, on one DuckDB connection."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from journey_analytics.config import Config
from journey_analytics.resources import sql_text
from journey_analytics.sources import macros
from journey_analytics.sources.chunk import Chunk
from journey_analytics.sources.lake_row import finishing_select
from journey_analytics.sources.reader import Reader
from journey_analytics.workspace import configure

# Raised when the Python side of reading changes what comes out of the same file.
VERSION = 1
RAW_SCHEMA = pa.schema([
    ("source_file", pa.dictionary(pa.int32(), pa.string())),
    ("source_folder", pa.dictionary(pa.int32(), pa.string())),
    ("source_row", pa.int64()),
    ("record_hash", pa.string()),
    ("line", pa.large_string()),
])  # fmt: skip
# Small batches let both cores work on one file.
_BATCH_ROWS = 4096
# For so few records making a plan better costs more than running it as it was written.
_FEW_ROWS = 300
# A reader's whole select, once it has been asked which columns it gives: neither key nor configuration is part of it.
_SELECTS: dict[str, str] = {}
_RECORDS = """
create or replace temp view records as
select
    source_file,
    source_folder,
    source_row,
    record_hash,
    case when json_valid(line) then line end as line
from raw_lines
"""


def batches_of(source_file: str, folder: str, chunk: Chunk) -> list[pa.RecordBatch]:
    """Records of one file as batches for `Extractor.extract`."""
    same = pa.array([0] * len(chunk.rows), pa.int32())
    columns = [
        pa.DictionaryArray.from_arrays(same, pa.array([source_file])),
        pa.DictionaryArray.from_arrays(same, pa.array([folder])),
        chunk.rows,
        chunk.hashes,
        chunk.lines,
    ]
    table = pa.Table.from_arrays(columns, schema=RAW_SCHEMA)
    batches: list[pa.RecordBatch] = table.to_batches(max_chunksize=_BATCH_ROWS)
    return batches


class Extractor:
    """A connection with the macros and parameter tables of the readers.

    Args:
        key: The hashing key.
        config: The configuration; only what the readers' options name is taken from it.
    """

    def __init__(self, key: bytes, config: Config) -> None:
        self._options = reader_options(config)
        self._connection = duckdb.connect()
        configure(self._connection)
        # What is not cleaned yet never touches a disk; a batch fits into memory.
        self._connection.execute("set temp_directory = ''")
        # Rows of a large file stay in the order of its records.
        self._connection.execute("set preserve_insertion_order = true")
        macros.install(
            self._connection,
            key,
            self._options["phone_region"],
            self._options["help_link_pattern"],
            tuple(self._options["blocked_emails"]),
        )
        self._table("trengo_channels", ("channel_id", "channel"), self._options["trengo_channels"])
        self._table(
            "shop_zones",
            ("source_account", "source_folder", "time_zone"),
            self._options["shop_zones"],
        )
        self._reader = ""

    def _table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self._connection.execute(
            f"create temp table {name} ({', '.join(f'{c} varchar' for c in columns)})"
        )
        if rows:
            marks = ", ".join("?" for _ in columns)
            self._connection.executemany(
                f"insert into {name} values ({marks})", [list(row) for row in rows]
            )

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def extract(self, reader: Reader, batches: Sequence[pa.RecordBatch]) -> pa.Table:
        """Lake rows of these records, with `problem` telling which records are not well formed."""
        self._connection.register("raw_lines", pa.Table.from_batches(batches, RAW_SCHEMA))
        try:
            if self._reader != reader.name:
                structure = reader.structure_text.replace("'", "''")
                self._connection.execute(
                    f"create or replace temp macro parse(x) as from_json(x, '{structure}')"
                )
                self._connection.execute(_RECORDS)
                self._reader = reader.name
            select = self._whole_select(reader)
            count = sum(batch.num_rows for batch in batches)
            word = "disable" if count <= _FEW_ROWS else "enable"
            self._connection.execute(f"pragma {word}_optimizer")
            if count > _BATCH_ROWS:
                return self._connection.sql(select).to_arrow_table()
            # A relation is planned when it is made and again when it is run, which is most of the work for the few
            # records of a day; one of a finished table is not.
            self._connection.execute(f"create or replace temp table extracted as {select}")
            return self._connection.table("temp.extracted").to_arrow_table()
        finally:
            self._connection.unregister("raw_lines")

    def _whole_select(self, reader: Reader) -> str:
        if reader.name not in _SELECTS:
            text = _select_text(reader)
            given = [row[0] for row in self._connection.execute(f"describe {text}").fetchall()]
            _SELECTS[reader.name] = finishing_select(text, given, reader.name)
        return _SELECTS[reader.name]


def _select_text(reader: Reader) -> str:
    """The reader's select, after the selects that prepare its input."""
    prepared = "".join(
        f"with {name} as (\n{sql_text('sources', name)})\n" for name in reader.prepared_by
    )
    body = sql_text("sources", reader.name)
    return f"{prepared}select * from (\n{body})" if prepared else body


def reader_options(config: Config) -> dict[str, Any]:
    """What the readers take from the configuration, by the names that they declare in `options`."""
    zones = [(account, "", shop.time_zone) for shop in config.shops for account in shop.accounts]
    zones += [("", folder, shop.time_zone) for shop in config.shops for folder in shop.folders]
    if not zones and len(config.shops) == 1:
        # The only shop owns every account.
        zones = [("", "", config.shops[0].time_zone)]
    return {
        "phone_region": config.phone_region,
        "help_link_pattern": config.help_link_pattern,
        "blocked_emails": sorted(config.identity.blocked_emails),
        "trengo_channels": sorted(config.trengo_channels.items()),
        "shop_zones": sorted(zones),
    }


def reader_hash(reader: Reader, config: Config) -> str:
    """Changes when the same file would give other rows: reader, its SQL, its options."""
    options = reader_options(config)
    text = json.dumps([
        VERSION,
        reader.name,
        reader.structure_text,
        {name: list(aliases) for name, aliases in reader.columns.items()},
        _select_text(reader),
        macros.source_text(),
        {name: options[name] for name in reader.options},
    ])  # fmt: skip
    return hashlib.sha256(text.encode()).hexdigest()[:16]
