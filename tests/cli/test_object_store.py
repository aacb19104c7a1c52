"""Tables in an object store, imitated on the loopback interface."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs
from pyarrow import parquet as pq

from pishield_cli.cli import main

TABLE = pa.table({"low": [1.5, 4.0, 2.0], "high": [2.0, 3.0, 2.5]})
CORRECTED = [2.0, 4.0, 2.5]


@pytest.fixture(scope="module")
def store() -> Iterator[tuple[fs.S3FileSystem, str]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}
    before = {name: os.environ.get(name) for name in keys}
    os.environ.update(keys)
    options = f"scheme=http&endpoint_override={host}:{port}&region=us-east-1"
    system, _ = fs.FileSystem.from_uri(f"s3://tables?{options}&allow_bucket_creation=true")
    system.create_dir("tables")
    yield system, options
    for name, value in before.items():
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value
    server.stop()


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.txt"
    path.write_text("low <= high\n")
    return os.fspath(path)


def names(system: fs.S3FileSystem, folder: str) -> list[str]:
    found = system.get_file_info(fs.FileSelector(folder, recursive=True))
    return sorted(one.path for one in found if one.is_file)


def test_objects_are_read_and_written(store, rules, capsys):
    system, options = store
    pq.write_table(TABLE, "tables/one/in.parquet", filesystem=system)
    data, out = (f"s3://tables/one/{name}.parquet?{options}" for name in ("in", "out"))
    assert main(["check", data, rules, "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["violating_rows"] == 1
    assert main(["correct", data, rules, "-o", out]) == 0
    assert names(system, "tables/one") == ["tables/one/in.parquet", "tables/one/out.parquet"]
    written = pq.read_table("tables/one/out.parquet", filesystem=system)
    assert written["high"].to_pylist() == CORRECTED


def test_folders_of_objects(store, rules, capsys):
    system, options = store
    for month in (1, 2):
        pq.write_table(TABLE, f"tables/many/month={month}/p.parquet", filesystem=system)
    data, out = (f"s3://tables/{name}?{options}" for name in ("many", "mended"))
    assert main(["correct", data, rules, "-o", out]) == 0
    assert main(["check", out, rules, "--exact", "--format", "json"]) == 0
    assert '"rows": 6,' in capsys.readouterr().out
    assert names(system, "tables/mended") == [
        f"tables/mended/month={month}/p.parquet" for month in (1, 2)
    ]
    assert main(["correct", data, rules, "-o", out]) == 2
    assert "not empty" in capsys.readouterr().err


def test_compressed_text_in_an_object(store, rules):
    system, options = store
    with system.open_output_stream("tables/t.csv.gz") as stream:
        stream.write(b"low,high\n4,3\n")
    data, out = (f"s3://tables/{name}.csv.gz?{options}" for name in ("t", "u"))
    assert main(["correct", data, rules, "-o", out]) == 0
    with system.open_input_stream("tables/u.csv.gz") as stream:
        assert stream.read() == b"low,high\n4,4\n"


def test_an_object_that_is_not_there(store, rules, capsys):
    _, options = store
    assert main(["check", f"s3://tables/none.parquet?{options}", rules]) == 2
    assert "none.parquet" in capsys.readouterr().err
