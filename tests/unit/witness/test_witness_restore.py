"""After a broken disk: a home put back from an old backup signs nothing twice, and everybody can see that it was put back."""

import json
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from supermarket.core.draw import commitment
from tests.unit.witness.conftest import DidNotStart, Witness, command
from tests.unit.witness.test_witness_draws import SEED, make_pool

PASSPHRASE = "正确的 马 电池 订书钉"
Log = list[dict[str, object]]


class Market:
    """A market that keeps the witness's log as /witnesses/<name>/log.json, and can keep back what it does not like."""

    def __init__(self) -> None:
        self.log: Log = []
        self.state: dict[str, object] = {}
        market = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                after = int(parse_qs(address.query).get("after", ["0"])[0])
                page = [entry for entry in market.log if int(str(entry["n"])) > after][:2]
                following = int(str(page[-1]["n"])) if len(page) == 2 else None
                known: dict[str, object] = {"log": page, "next": following}
                known = {"/witnesses/w/log.json": known, "/witnesses/w/state.json": {"state": market.state}}.get(
                    address.path, {}
                )
                data = json.dumps(known).encode()
                self.send_response(200 if known else 404)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def visit(self, witness: Witness) -> None:
        """Keep what the witness shows now."""
        self.log = witness.get("/log")["log"]  # type: ignore[assignment]
        self.state = {name: value for name, value in witness.get("/state").items() if name != "catching_up"}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def market() -> Iterator[Market]:
    made = Market()
    yield made
    made.close()


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(f"{PASSPHRASE}\n")
    return path


def receipt(witness: Witness, project: str, members: int = 3, source: str = "published:kl8") -> dict[str, object]:
    status, found = witness.post("/receipts", pool_file=make_pool(project, members=members, source=source))
    assert status == 200, found
    return found


def backed_up(tmp_path: Path, words: Path, home: str = "home") -> Path:
    target = tmp_path / "backup"
    code, _said, trouble = command("backup", "--home", tmp_path / home, "--to", target, "--passphrase-file", words)
    assert code == 0, trouble
    return target


def put_back(tmp_path: Path, words: Path, *more: object) -> None:
    code, said, trouble = command(
        "restore", tmp_path / "backup", "--home", tmp_path / "new", "--passphrase-file", words, *more
    )
    assert code == 0, trouble
    assert "witness catch-up" in said


def catch_up(tmp_path: Path, *options: object) -> tuple[int, str]:
    code, said, trouble = command("catch-up", "--home", tmp_path / "new", *options)
    return code, said + trouble


def test_an_old_backup_signs_no_second_receipt(
    start_witness: Callable[..., Witness], market: Market, words: Path, tmp_path: Path
) -> None:
    witness = start_witness("--name", "w")
    first = receipt(witness, "P-1")
    backed_up(tmp_path, words)
    second = receipt(witness, "P-2")
    head = witness.post("/heads", log="events", seq=7, head="a" * 64)[1]
    market.visit(witness)
    witness.kill()
    shutil.rmtree(tmp_path / "home")
    put_back(tmp_path, words)

    behind = start_witness(home="new")
    assert behind.key == witness.key
    assert behind.get("/key")["catching_up"] is True
    assert behind.post("/receipts", pool_file=make_pool("P-1")) == (200, first)
    for members in (3, 4):
        status, refusal = behind.post("/receipts", pool_file=make_pool("P-2", members=members))
        assert (status, refusal["error"]) == (503, "catching_up")
    for path, content in (
        ("/heads", {"log": "events", "seq": 7, "head": "b" * 64}),
        ("/commitments", {"project": "P-3"}),
        ("/quote-keys", {"project": "P-3", "opens_at": "2999-01-01T00:00:00Z"}),
    ):
        assert behind.post(path, **content)[1]["error"] == "catching_up"
    code, said = catch_up(tmp_path, "--from", market.url, "--only-market")
    assert (code, "already running" in said) == (1, True)
    behind.kill()

    code, said = catch_up(tmp_path, "--from", market.url)
    assert (code, "--only-market" in said) == (1, True), "one place that the operator runs is not enough by itself"
    code, said = catch_up(tmp_path, "--from", market.url, "--only-market")
    assert code == 0, said
    again = start_witness(home="new")
    assert again.get("/key")["catching_up"] is False
    assert again.post("/receipts", pool_file=make_pool("P-2")) == (200, second)
    assert again.post("/receipts", pool_file=make_pool("P-2", members=4))[1]["error"] == "already_signed"
    assert again.post("/heads", log="events", seq=7, head="a" * 64) == (200, head)
    assert again.post("/heads", log="events", seq=7, head="b" * 64)[1]["error"] == "fork"
    log = again.get("/log")["log"]
    assert log[: len(market.log)] == market.log, "the very entries that were signed"
    assert [entry["kind"] for entry in log[len(market.log) :]] == ["restored"]
    assert (log[-1]["known"], log[-1]["reached"], log[-1]["complete"]) == (2, 4, 0)
    assert (market.state["epoch"], again.get("/state")["epoch"]) == (1, 2)
    assert receipt(again, "P-9")["epoch"] == 2
    again.stop()
    assert command("check", "--home", tmp_path / "new")[0] == 0


def test_what_nobody_gives_back_keeps_it_from_signing(
    start_witness: Callable[..., Witness], market: Market, words: Path, tmp_path: Path
) -> None:
    witness, other = start_witness("--name", "w"), start_witness("--name", "other", home="other")
    receipt(witness, "P-1")
    backed_up(tmp_path, words)
    receipt(witness, "P-2")
    market.visit(witness)
    receipt(witness, "P-3")
    state = {name: value for name, value in witness.get("/state").items() if name != "catching_up"}
    status, kept = other.post("/states", state=state)
    assert (status, kept["peer_n"]) == (200, 4)
    whole = witness.get("/log")
    witness.kill()
    put_back(tmp_path, words)
    other_url = f"http://127.0.0.1:{other.port}"
    code, said = catch_up(tmp_path, "--from", market.url, "--from", other_url)
    assert code == 1
    assert "signed 4 entries; nobody gave back the one numbered 4" in said
    code, said = catch_up(tmp_path, "--from", "http://127.0.0.1:1", "--from", other_url)
    assert (code, "Not every place answered" in said) == (1, True)
    behind = start_witness(home="new")
    assert behind.post("/receipts", pool_file=make_pool("P-3", members=4))[1]["error"] == "catching_up"
    behind.kill()
    # Entries of another's making are not its own, whatever they claim.
    forged = [dict(entry) for entry in whole["log"]]  # type: ignore[union-attr]
    forged[3] = {**forged[3], "pool_hash": "0" * 64}
    (tmp_path / "forged.json").write_text(json.dumps({"log": forged}))
    code, said = catch_up(tmp_path, "--from", tmp_path / "forged.json", "--from", other_url)
    assert (code, "nobody gave back" in said) == (1, True)
    (tmp_path / "log.json").write_text(json.dumps(whole))
    code, said = catch_up(tmp_path, "--from", market.url, "--from", other_url, "--from", tmp_path / "log.json")
    assert code == 0, said
    again = start_witness(home="new")
    assert again.post("/receipts", pool_file=make_pool("P-3", members=4))[1]["error"] == "already_signed"


def test_secrets_that_are_lost_are_said_to_be_lost(
    start_witness: Callable[..., Witness], market: Market, words: Path, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("2026-03-02T02:00:00Z")
    witness = start_witness("--name", "w", "--clock-file", clock)
    before = witness.post("/commitments", project="P-1")[1]
    backed_up(tmp_path, words)
    after = witness.post("/commitments", project="P-2")[1]
    key = witness.post("/quote-keys", project="P-2", opens_at="2026-03-03T02:00:00Z")[1]
    market.visit(witness)
    witness.kill()
    put_back(tmp_path, words)
    options = ("--from", market.url, "--only-market", "--clock-file", clock)
    assert catch_up(tmp_path, *options)[0] == 0
    again = start_witness("--clock-file", clock, home="new")
    assert again.post("/commitments", project="P-2") == (200, after), "the same commitment for ever"
    assert again.post("/quote-keys", project="P-2", opens_at="2026-03-03T02:00:00Z") == (200, key)
    for project, chain, reason in (("P-1", before, "chain_closed"), ("P-2", after, "chain_closed")):
        receipt(again, project, source=f"parties:{commitment(SEED)}:{chain['current']}")
        status, refusal = again.post("/reveals", project=project, purpose="main")
        assert (status, refusal["error"]) == (409, reason)
    clock.write_text("2026-03-03T02:00:00Z")
    listed = "quote-list-v1\nP-2\n"
    assert again.post("/quote-lists", project="P-2", list=listed)[0] == 200
    opening = {"project": "P-2", "list_hash": sha256(listed.encode()).hexdigest(), "ciphertexts": ["00"]}
    assert again.post("/quote-openings", **opening)[1]["error"] == "secret_lost"
    fresh = again.post("/commitments", project="P-7")[1]["current"]
    receipt(again, "P-7", source=f"parties:{commitment(SEED)}:{fresh}")
    assert again.post("/reveals", project="P-7", purpose="main")[0] == 200, "what begins after the restoration is sound"


def test_a_second_copy_on_another_disk_loses_nothing(
    start_witness: Callable[..., Witness], market: Market, words: Path, tmp_path: Path
) -> None:
    mirror = tmp_path / "usb"
    mirror.mkdir()
    witness = start_witness("--name", "w", "--mirror", mirror)
    receipt(witness, "P-1")
    backed_up(tmp_path, words)
    chain = witness.post("/commitments", project="P-2")[1]
    receipt(witness, "P-2", source=f"parties:{commitment(SEED)}:{chain['current']}")
    market.visit(witness)
    witness.kill()
    assert (mirror / "journal.jsonl").read_bytes() == (tmp_path / "home" / "journal.jsonl").read_bytes()
    put_back(tmp_path, words, "--mirror", mirror)
    code, said = catch_up(tmp_path, "--from", market.url, "--only-market")
    assert code == 0
    assert "It is certain that nothing lacks" in said
    again = start_witness("--mirror", mirror, home="new")
    assert again.get("/log")["log"][-1]["complete"] == 1
    assert again.post("/reveals", project="P-2", purpose="main")[0] == 200


def test_a_copied_home_is_found_out(
    start_witness: Callable[..., Witness], market: Market, words: Path, tmp_path: Path
) -> None:
    """Somebody put an old copy of the folder back without a word: no mark lies in it."""
    mirror = tmp_path / "usb"
    mirror.mkdir()
    witness = start_witness("--name", "w", "--mirror", mirror)
    receipt(witness, "P-1")
    shutil.copytree(tmp_path / "home", tmp_path / "new")
    receipt(witness, "P-2")
    market.visit(witness)
    witness.kill()
    with pytest.raises(DidNotStart, match="this home is an older state"):
        start_witness("--mirror", mirror, home="new")
    shutil.copytree(tmp_path / "new", tmp_path / "third")
    asked = start_witness("--ask", market.url, home="new")
    assert asked.post("/receipts", pool_file=make_pool("P-2", members=4))[1]["error"] == "catching_up"
    assert "this home is an older state" in asked.stop()
    told = start_witness(home="third")
    status, refusal = told.post("/states", state=market.state)
    assert (status, refusal["error"]) == (409, "behind")
    assert told.post("/receipts", pool_file=make_pool("P-2", members=4))[1]["error"] == "catching_up"
    told.kill()
    told = start_witness(home="third")
    assert told.get("/key")["catching_up"] is True, "for good, not until the next start"


def test_two_histories_under_one_key_are_named(
    start_witness: Callable[..., Witness], market: Market, words: Path, tmp_path: Path
) -> None:
    """The copy signed before anybody found out: what the places have does not continue it."""
    witness = start_witness("--name", "w")
    receipt(witness, "P-1")
    shutil.copytree(tmp_path / "home", tmp_path / "new")
    receipt(witness, "P-2")
    market.visit(witness)
    witness.kill()
    copied = start_witness(home="new")
    receipt(copied, "P-2", members=4)
    assert copied.post("/states", state=market.state)[1]["error"] == "behind"
    copied.kill()
    code, said = catch_up(tmp_path, "--from", market.url, "--only-market")
    assert code == 1
    assert "two different logs" in said


def test_states_of_other_witnesses_neither_fork_nor_go_back(
    start_witness: Callable[..., Witness], tmp_path: Path
) -> None:
    one, other = start_witness("--name", "w"), start_witness("--name", "other", home="other")

    def state(of: Witness) -> dict[str, object]:
        return {name: value for name, value in of.get("/state").items() if name != "catching_up"}

    early = state(one)
    assert other.post("/states", state=early)[0] == 200
    shutil.copytree(tmp_path / "home", tmp_path / "new")
    receipt(one, "P-1")
    late = state(one)
    status, kept = other.post("/states", state=late)
    assert status == 200
    assert other.post("/states", state=late) == (200, kept)
    assert other.get(f"/states?key={one.key.hex()}")["states"][-1]["peer_head"] == late["head"]
    copied = start_witness(home="new")
    receipt(copied, "P-1", members=4)
    assert other.post("/states", state=state(copied))[1]["error"] == "fork"
    assert other.post("/states", state={**late, "n": 9})[1]["error"] == "false_signature"
    assert one.post("/states", state=early) == (200, {"n": 2, "epoch": 1})
    receipt(one, "P-2")
    third = state(one)
    assert other.post("/states", state=third)[0] == 200
    copied.kill()
    shutil.copytree(tmp_path / "new", tmp_path / "newer")
    for wrong in ("x", {}, {**third, "n": True}, {**third, "more": 1}, {**third, "key": "0" * 64}):
        assert other.post("/states", state=wrong)[0] == 422


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-1], "passphrase is wrong, or the backup is damaged"),
        (lambda data: data.replace(b'"opslimit": 4', b'"opslimit": 99'), "no backup of a witness"),
        (lambda data: b"x" + data, "no backup of a witness"),
        (lambda data: data.split(b"\n")[0] + b"\n", "no backup of a witness"),
    ],
)
def test_a_damaged_backup_is_refused(
    start_witness: Callable[..., Witness],
    words: Path,
    tmp_path: Path,
    change: Callable[[bytes], bytes],
    message: str,
) -> None:
    start_witness("--name", "w").stop()
    backup = backed_up(tmp_path, words)
    assert b"journal" not in backup.read_bytes()
    backup.write_bytes(change(backup.read_bytes()))
    code, _said, trouble = command("restore", backup, "--home", tmp_path / "new", "--passphrase-file", words)
    assert (code, message in trouble) == (1, True)
    assert not (tmp_path / "new" / "key").exists()


def test_a_wrong_passphrase_and_a_full_folder_are_refused(
    start_witness: Callable[..., Witness], words: Path, tmp_path: Path
) -> None:
    start_witness("--name", "w").stop()
    backup = backed_up(tmp_path, words)
    code, _said, trouble = command("restore", backup, "--home", tmp_path / "home", "--passphrase-file", words)
    assert (code, "holds a witness already" in trouble) == (1, True)
    words.write_text("another passphrase\n")
    code, _said, trouble = command("restore", backup, "--home", tmp_path / "new", "--passphrase-file", words)
    assert (code, "passphrase is wrong" in trouble) == (1, True)
    words.write_text("short\n")
    code, _said, trouble = command(
        "backup", "--home", tmp_path / "home", "--to", tmp_path / "b2", "--passphrase-file", words
    )
    assert (code, "12 characters" in trouble) == (1, True)
    assert not (tmp_path / "b2").exists()


def test_a_key_that_is_gone_is_not_made_anew(start_witness: Callable[..., Witness], tmp_path: Path) -> None:
    start_witness().stop()
    (tmp_path / "home" / "key" / "witness.key").unlink()
    with pytest.raises(DidNotStart, match="A new key would be another witness"):
        start_witness()
    start_witness(home="other").stop()
    shutil.copy(tmp_path / "other" / "key" / "witness.key", tmp_path / "home" / "key" / "witness.key")
    with pytest.raises(DidNotStart, match="signed with another key"):
        start_witness()


def test_a_name_never_changes(start_witness: Callable[..., Witness]) -> None:
    start_witness("--name", "regulator").stop()
    with pytest.raises(DidNotStart, match="belongs to the witness regulator, not other"):
        start_witness("--name", "other")
    assert start_witness().name == "regulator"
