"""Files that are no session, or no whole one: each gets one clear SessionError and costs neither memory nor trust."""

import os
import random
import shutil

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_session import FULL, make

from daq.errors import SessionError
from daq.session import SessionWriter, open_session
from daq.session_format import checksums


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return make(tmp_path_factory.mktemp("whole") / "s.h5")


@pytest.fixture
def path(whole, tmp_path):
    return shutil.copy(whole, tmp_path / "s.h5")


def read_everything(path) -> None:
    with open_session(path) as session:
        for _ in session.chunks():
            pass
        session.steps()
        _ = session.steps_attrs


def test_paths_that_hold_no_session_say_so(tmp_path):
    with pytest.raises(SessionError, match="nothing of that name"):
        open_session(tmp_path / "missing.h5")
    with pytest.raises(SessionError, match="a directory"):
        open_session(tmp_path)
    for content in (b"", b"time_s,Fz_N\n0,1\n", bytes(5000)):
        (tmp_path / "text.h5").write_bytes(content)
        with pytest.raises(SessionError, match="a file of another kind"):
            open_session(tmp_path / "text.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(SessionError, match="an HDF5 file of another program"):
        open_session(str(tmp_path / "other.h5"))


def test_an_unfinished_session_names_the_way_to_finish_it(tmp_path):
    with SessionWriter(tmp_path / "s.h5", FULL):
        pass
    for name in ("s.h5", "s.h5.journal"):
        with pytest.raises(SessionError, match=rf"journal of an unfinished one.*stance recover .*{name}`"):
            open_session(tmp_path / name)


def test_a_newer_version_is_not_guessed_at(path):
    with h5py.File(path, "a") as file:
        file.attrs["format_version"] = 3
    with pytest.raises(SessionError, match=r"version 3, written by a newer stance\. Update stance"):
        open_session(path)


def test_additions_of_a_later_stance_are_passed_over(path):
    with h5py.File(path, "a") as file:
        file.attrs["humidity_pct"] = 40.0
        file["raw/temperature"] = np.zeros(3)
        file["extra/more"] = 1
    read_everything(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_cut_anywhere_is_recognised(whole, path, data):
    os.truncate(path, data.draw(st.integers(0, whole.stat().st_size - 1)))
    with pytest.raises(SessionError, match=r"damaged or truncated|another kind"):
        open_session(path)
    shutil.copy(whole, path)


def test_damaged_samples_are_noticed_when_they_are_read(path):
    with h5py.File(path) as file:
        stored = file["raw/counts"].id.get_chunk_info(0)
    hurt = bytearray(path.read_bytes())
    hurt[stored.byte_offset + stored.size // 2] ^= 0x10
    path.write_bytes(hurt)
    with open_session(path) as session:
        with pytest.raises(SessionError, match="damaged"):
            session.counts()
        with pytest.raises(SessionError, match="damaged"):
            next(session.chunks())


def fixed(*texts):
    return np.array(texts, "S")


def contents(path) -> list:
    """Everything a session gives, comparable."""
    with open_session(path) as session:
        tables = [*vars(session.gaps).values(), *vars(session.epochs).values(), *vars(session.clock).values()]
        arrays = [column for chunk in session.chunks() for column in vars(chunk).values()] + tables
        steps = session.steps()
        return [
            *[(array.dtype.str, array.shape, array.tobytes()) for array in (*arrays, *steps.values())],
            *(list(steps), session.steps_attrs, session.header, session.rows, session.session_id),
            *(session.events, session.summary, session.ended, session.unusable_bytes),
        ]


@pytest.mark.validate
def test_bits_changed_anywhere_are_noticed_or_harmless(whole, path):
    truth, rng, noticed = contents(whole), random.Random(1), 0
    trials = 20 * int(os.environ.get("STANCE_TRIALS", "5"))
    for _ in range(trials):
        hurt = bytearray(whole.read_bytes())
        for _ in range(rng.choice([1, 1, 3, 20])):
            hurt[rng.randrange(len(hurt))] ^= 1 << rng.randrange(8)
        path.write_bytes(hurt)
        try:
            assert contents(path) == truth
        except SessionError:
            noticed += 1
    assert trials / 3 < noticed < trials


def edit(change):
    def apply(path):
        with h5py.File(path, "a") as file:
            change(file)

    return apply


def replace(name, data):
    def change(file):
        del file[name]
        file[name] = data
        file[name].attrs["crc32"] = checksums(file[name][()]) if file[name].dtype.kind != "O" else 0

    return edit(change)


def soft(file):
    file.move("raw/counts", "elsewhere")
    file["raw/counts"] = h5py.SoftLink("/elsewhere")


def external_link(file):
    with h5py.File(file.filename + ".other", "w") as other:
        other["counts"] = np.zeros((2500, 8), "i4")
    del file["raw/counts"]
    file["raw/counts"] = h5py.ExternalLink(file.filename + ".other", "/counts")


def external_storage(file):
    (secret := open(file.filename + ".secret", "wb")).write(bytes(2500 * 8))  # noqa: PTH123, SIM115
    secret.close()
    del file["raw/seq"]
    file.create_dataset("raw/seq", (2500,), "i8", external=[(file.filename + ".secret", 0, 2500 * 8)])


def virtual(file):
    del file["raw/seq"]
    layout = h5py.VirtualLayout((2500,), "i8")
    layout[:] = h5py.VirtualSource(file.filename + ".other", "x", (2500,))
    file.create_virtual_dataset("raw/seq", layout)


def linked_group(file):
    file.move("gaps", "elsewhere")
    file["gaps"] = h5py.SoftLink("/elsewhere")


def huge(file):
    del file["clock/host_s"], file["clock/tick"], file["clock/rtt_s"]
    for name, kind in (("host_s", "f8"), ("tick", "i8"), ("rtt_s", "f8")):
        file.create_dataset(f"clock/{name}", (1 << 40,), kind, chunks=(1024,))


@pytest.mark.parametrize("column", ["counts", "seq", "tick", "boot", "status", "belt"])
def test_a_block_that_is_no_longer_found_is_not_read_as_zeros(path, column):
    with h5py.File(path, "a") as file:
        values = file[f"raw/{column}"][()]
        sums = file[f"raw/{column}"].attrs["crc32"]
        del file[f"raw/{column}"]
        file.create_dataset(f"raw/{column}", values.shape, values.dtype, chunks=values.shape)
        file[f"raw/{column}"].attrs["crc32"] = sums
    wrong = pytest.raises(SessionError, match=f"checksum of /raw/{column} is wrong within rows 0 to 2500")
    with open_session(path) as session, wrong:
        next(session.chunks(10, 20))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (edit(soft), "is a link"),
        (edit(external_link), "is a link"),
        (edit(linked_group), "is a link"),
        (edit(external_storage), "in another file"),
        (edit(virtual), "in another file"),
        (edit(huge), "claims 8796093022208 bytes"),
        (replace("raw/counts", np.zeros((2500, 8), "i8")), "raw/counts has shape"),
        (replace("raw/counts", np.zeros(2500, "i4")), "raw/counts has shape"),
        (replace("raw/tick", np.zeros(2499, "i8")), "raw/tick has shape"),
        (replace("gaps/row", np.zeros(1, "i8")), "differ in length"),
        (replace("gaps/row", np.zeros(2, "f8")), "has shape"),
        (replace("events/text", np.zeros(1)), "has shape"),
        (replace("events/text", ["variable"]), "has shape"),
        (edit(lambda f: f.attrs.__setitem__("rig_name", "variable")), "rig_name is of variable width"),
        (replace("events/data", fixed("[1]")), "no JSON object"),
        (replace("events/data", fixed("{")), "Expecting property name"),
        (edit(lambda f: f["gaps/row"].__setitem__(0, 7)), "checksum of /gaps/row is wrong"),
        (edit(lambda f: f["events/text"].__setitem__(0, b"no")), "checksum of /events/text is wrong"),
        (edit(lambda f: f["steps/flags"].__setitem__(0, 7)), "checksum of /steps/flags is wrong"),
        (edit(lambda f: f["raw/belt"].attrs.__delitem__("crc32")), "crc32 is missing"),
        (edit(lambda f: f["raw/belt"].attrs.__setitem__("crc32", np.zeros(0, "u4"))), "checksum of /raw/belt"),
        (edit(lambda f: f["raw"].__delitem__("belt")), "belt is missing"),
        (edit(lambda f: f.__delitem__("raw")), "raw is missing"),
        (edit(lambda f: f.attrs.__delitem__("rig_text")), "rig_text is missing"),
        (edit(lambda f: f.attrs.__setitem__("rig_text", 3)), "rig_text is 3"),
        (edit(lambda f: f.attrs.__setitem__("mass_kg", np.bytes_("heavy"))), "mass_kg is 'heavy'"),
        (edit(lambda f: f.attrs.__setitem__("device", np.bytes_("[]"))), "no JSON object"),
        (edit(lambda f: f.attrs.__setitem__("format_version", np.bytes_("one"))), "format_version is 'one'"),
        (replace("steps/flags", np.zeros(3, "f4")), "numpy_dtype is missing"),
        (edit(lambda f: f["steps/valid"].attrs.__setitem__("numpy_dtype", np.bytes_("O"))), "has shape"),
        (edit(lambda f: f["steps/valid"].attrs.__setitem__("numpy_dtype", np.bytes_("nonsense"))), "nonsense"),
    ],
)
def test_made_up_or_damaged_contents_are_refused_with_the_reason(path, change, message):
    change(path)
    with pytest.raises(SessionError, match=message):
        read_everything(path)


def test_closing_twice_is_fine_and_a_refused_file_is_not_left_open(path):
    session = open_session(path)
    session.close()
    session.close()
    with h5py.File(path, "a") as file:
        del file["raw"]
    with pytest.raises(SessionError):
        open_session(path)
    with h5py.File(path, "a"):  # would fail if the refused file were still open
        pass
