"""The resume file: what it says, what it is bound to, what it survives."""

import json
import os
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_reference import ChunkPlan, UploadJob, errors
from client_reference.resume import ResumeFile, binding, read, written
from client_reference.steps import Saved
from client_reference.video import VideoFile

PLAN = ChunkPlan(30, 10, 3)
URL = "https://open-upload.tiktokapis.com/video/?upload_id=7&upload_token=a%2Fb"
FILE = {"size": 30, "mtime_ns": 5, "ends": "ab"}
JOB = UploadJob(PLAN, token="act.secret", title="Hé")
BOUND = binding(JOB, FILE)
HALF = Saved(URL, "v_pub", 10)
LAST = Saved(URL, "v_pub", 20)
WHOLE = Saved(URL, "v_pub", 30)

SAVED = st.builds(
    Saved,
    st.sampled_from([None, URL, "http://127.0.0.1:8080/video/?upload_id=1"]),
    st.one_of(st.none(), st.text(max_size=20)),
    st.sampled_from([0, 10, 20, 30]),
)


# ── what it says ──


@given(SAVED)
def test_what_is_written_is_read(saved):
    assert read(written(saved, BOUND), BOUND, "state") == saved


def test_no_token_and_no_more_than_one_credential():
    text = written(HALF, BOUND).decode()
    assert "secret" not in text
    assert text.count("upload_token") == 1
    given_url = binding(UploadJob(PLAN, upload_url=URL), FILE)
    assert "upload_token" not in written(Saved(), given_url).decode()


@given(SAVED, st.data())
def test_torn_at_any_byte_it_is_refused(saved, data):
    """But for the last byte, a line end; and torn to nothing it is as good as new."""
    content = written(saved, BOUND)
    kept = data.draw(st.integers(0, len(content) - 1))
    if kept == 0:
        assert read(b"", BOUND, "state") == Saved()
    elif kept == len(content) - 1:
        assert read(content[:kept], BOUND, "state") == saved
    else:
        with pytest.raises(errors.UsageError, match="state is not a resume file, or damaged"):
            read(content[:kept], BOUND, "state")


@given(st.binary(min_size=1))
def test_any_other_content_is_refused(content):
    with pytest.raises(errors.UsageError):
        read(content, BOUND, "state")


def broken(**changes):
    state = json.loads(written(HALF, BOUND))
    for path, value in changes.items():
        *parents, name = path.split("__")
        place = state
        for parent in parents:
            place = place[parent]
        place[name] = value
    return json.dumps(state).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'"' + b"9" * 10_000,
        b"9" * 10_000,
        b"\xff\xfe\x00",
        bytes(5000),
        broken(upload=None),
        broken(upload=[]),
        broken(bound=7),
        broken(bound__plan=None),
        broken(bound__plan=[30, 10]),
        broken(bound__plan=[30, 10, 4]),
        broken(bound__plan=["a", 10, 4]),
        broken(upload__upload_url=7),
        broken(upload__upload_url=[URL]),
        broken(upload__upload_url=""),
        broken(upload__upload_url="/video/"),
        broken(upload__upload_url="http://h/\r\nX: y"),
        broken(upload__publish_id=7),
        broken(upload__acknowledged=7),
        broken(upload__acknowledged=-10),
        broken(upload__acknowledged=40),
        broken(upload__acknowledged=None),
        broken(upload__acknowledged=True),
        broken(upload__acknowledged=10.0),
    ],
)
def test_damage(content):
    with pytest.raises(errors.UsageError) as caught:
        read(content, BOUND, "state")
    assert str(caught.value) == ("state is not a resume file, or damaged: name another; remove it to upload anew.")


def test_another_version():
    with pytest.raises(errors.UsageError) as caught:
        read(broken(**{"tiktok-upload": 2}), BOUND, "state")
    assert str(caught.value) == (
        "The resume file state is of version 2, and 1 is wanted: go on with the program that wrote it, "
        "or remove it to upload anew."
    )


# ── what it is bound to ──

OTHERS = {
    "file": (JOB, {**FILE, "mtime_ns": 6}),
    "plan": (replace(JOB, plan=ChunkPlan(30, 15, 2)), FILE),
    "API base": (replace(JOB, api_base="http://127.0.0.1:8080"), FILE),
    "token": (replace(JOB, token="act.other"), FILE),
    "upload_url given": (replace(JOB, upload_url=URL), FILE),
    "title": (replace(JOB, title="Ho"), FILE),
    "privacy level": (replace(JOB, privacy_level="PUBLIC_TO_EVERYONE"), FILE),
    "content type": (replace(JOB, content_type="video/webm"), FILE),
    "kind and title and privacy level": (replace(JOB, draft=True), FILE),
}


@pytest.mark.parametrize("what", OTHERS)
def test_another_upload_begins_anew_where_no_post_can_have_come_of_the_saved_one(what):
    bound = binding(*OTHERS[what])
    assert read(written(HALF, BOUND), bound, "state") == Saved(because=f"the saved upload had another {what}")
    assert read(written(Saved(), BOUND), bound, "state") == Saved()


@pytest.mark.parametrize("saved", [LAST, WHOLE])
@pytest.mark.parametrize("what", OTHERS)
def test_another_upload_is_refused_where_the_saved_one_may_be_posted(what, saved):
    with pytest.raises(errors.UsageError) as caught:
        read(written(saved, BOUND), binding(*OTHERS[what]), "state")
    assert str(caught.value) == (
        f"The resume file state is of an upload with another {what}, which may be posted: name another, "
        "or remove it to upload this one as well."
    )


def test_what_does_not_make_another_upload():
    same = replace(JOB, wait=False, patience=1.0, api_base=JOB.api_base + "/")
    assert binding(same, FILE) == BOUND
    draft = replace(JOB, draft=True)
    assert binding(replace(draft, title="unused", privacy_level="unused"), FILE) == binding(draft, FILE)


@pytest.mark.parametrize("size", [1, 1000, 65_536, 65_537, 200_000])
def test_a_file_is_known_by_size_time_head_and_tail(tmp_path, size):
    path = tmp_path / "clip.mp4"

    def look(content, mtime_ns=1):
        path.write_bytes(content)
        os.utime(path, ns=(mtime_ns, mtime_ns))
        with VideoFile(path) as video:
            return video.fingerprint()

    content = bytes(size)
    seen = look(content)
    assert look(content) == seen
    assert look(content, 2) != seen
    assert look(content + b"\0") != seen
    assert look(b"!" + content[1:]) != seen
    assert look(content[:-1] + b"!") != seen


# ── the file itself ──


def opened(path, bound=BOUND):
    return ResumeFile(path, bound)


def test_it_is_kept_for_its_owner_alone_whatever_was_there(tmp_path):
    path = tmp_path / "state"
    path.touch(0o644)
    (tmp_path / ".state.new").write_text("left by a run that was killed")
    file = opened(path)
    assert file.saved == Saved()
    file.save(HALF)
    file.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]
    again = opened(path)
    assert again.saved == HALF
    again.close()


def test_a_new_file_is_for_its_owner_alone(tmp_path):
    opened(tmp_path / "state").close()
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o600


def test_it_is_replaced_as_a_whole_and_only_where_it_changed(tmp_path, monkeypatch):
    file = opened(tmp_path / "state")
    steps = []
    replaced, synced = Path.replace, os.fsync

    def replace_file(self, target):
        steps.append(("replace", self.name, json.loads(self.read_bytes())["upload"]["acknowledged"]))
        return replaced(self, target)

    def fsync(number):
        steps.append("fsync directory" if stat.S_ISDIR(os.fstat(number).st_mode) else "fsync")
        synced(number)

    monkeypatch.setattr(Path, "replace", replace_file)
    monkeypatch.setattr(os, "fsync", fsync)
    file.save(Saved())
    file.save(Saved())
    file.save(HALF)
    assert steps == [
        *("fsync", ("replace", ".state.new", 0), "fsync directory"),
        *("fsync", ("replace", ".state.new", 10), "fsync directory"),
    ]
    file.close()


def test_a_link_stays_one(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "state")
    file = opened(tmp_path / "link")
    file.save(HALF)
    file.close()
    assert (tmp_path / "link").is_symlink()
    assert read((tmp_path / "state").read_bytes(), BOUND, "state") == HALF


def test_what_cannot_be_written_leaves_the_old_state(tmp_path, monkeypatch):
    path = tmp_path / "state"
    file = opened(path)
    file.save(HALF)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.ResumeTrouble) as caught:
        file.save(LAST)
    assert str(caught.value) == (
        f"The resume file {path} cannot be written: No space left on device; "
        "the upload stopped where the file can go on."
    )
    monkeypatch.undo()
    file.close()
    again = opened(path)
    assert again.saved == HALF
    again.close()


def a_directory(path):
    path.mkdir()


def a_pipe(path):
    os.mkfifo(path)


def a_loop(path):
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (a_directory, "cannot be used: Is a directory."),
        (a_pipe, "is no regular file: name another."),
        (a_loop, "cannot be used: Too many levels of symbolic links."),
        (lambda path: path.write_bytes(b"a video of mine"), "is not a resume file, or damaged"),
    ],
)
def test_what_is_no_place_for_it_is_wrong_usage(tmp_path, make, said):
    path = tmp_path / "state"
    make(path)
    with pytest.raises(errors.UsageError, match=said):
        opened(path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(errors.UsageError, match="cannot be used: No such file or directory"):
        opened(tmp_path / "nowhere" / "state")
    (tmp_path / "file").touch()
    with pytest.raises(errors.UsageError, match="cannot be used: Not a directory"):
        opened(tmp_path / "file" / "state")


def test_no_access_is_trouble(tmp_path, monkeypatch):
    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(errors.ResumeTrouble, match="cannot be used: Permission denied"):
        opened(tmp_path / "state")


def test_one_run_at_a_time(tmp_path):
    path = tmp_path / "state"
    first = opened(path)
    for saved in (None, HALF, LAST):  # held across every replacement
        if saved:
            first.save(saved)
        with pytest.raises(errors.ResumeTrouble) as caught:
            opened(path)
        assert str(caught.value) == (
            f"Another upload is running with the resume file {path}: wait for it, or name another."
        )
    first.close()
    second = opened(path)
    assert second.saved == LAST
    second.close()


def test_a_file_replaced_or_removed_between_open_and_lock_is_opened_again(tmp_path, monkeypatch):
    path = tmp_path / "state"
    meanwhile = [path.unlink, lambda: other.replace(path)]
    other = tmp_path / "other"
    other.write_bytes(written(HALF, BOUND))
    lock = ResumeFile._lock

    def interfere(self, file):
        if meanwhile:
            meanwhile.pop(0)()
        lock(self, file)

    monkeypatch.setattr(ResumeFile, "_lock", interfere)
    file = opened(path)
    assert (file.saved, meanwhile) == (HALF, [])
    file.close()


def test_close_waits_for_a_save_that_still_runs(tmp_path, monkeypatch):
    file = opened(tmp_path / "state")
    entered, go_on = threading.Event(), threading.Event()
    synced = os.fsync

    def slow(number):
        entered.set()
        assert go_on.wait(10)
        synced(number)

    monkeypatch.setattr(os, "fsync", slow)
    saving = threading.Thread(target=file.save, args=(HALF,))
    closing = threading.Thread(target=file.close)
    saving.start()
    assert entered.wait(10)
    closing.start()
    go_on.set()
    saving.join(10)
    closing.join(10)
    assert read((tmp_path / "state").read_bytes(), BOUND, "state") == HALF


KILLED_IN = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_resume import BOUND, HALF, LAST, ResumeFile
file = ResumeFile(Path(sys.argv[2]), BOUND)
file.save(HALF)
def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
match sys.argv[3]:
    case "write": file.__class__._replace = lambda self, content: (Path(sys.argv[2] + ".x").touch(), killed())
    case "fsync": os.fsync = killed
    case "replace": Path.replace = killed
    case "after": pass
file.save(LAST)
killed()
"""


@pytest.mark.parametrize(
    ("moment", "left"), [("write", HALF), ("fsync", HALF), ("replace", HALF), ("after", LAST)]
)
def test_killed_while_it_saves(tmp_path, moment, left):
    """The state before or the state after, and no lock."""
    path = tmp_path / "state"
    code = [sys.executable, "-c", KILLED_IN, str(Path(__file__).parent), str(path), moment]
    assert subprocess.run(code, check=False, timeout=60).returncode == -9
    file = opened(path)
    assert file.saved == left
    file.save(WHOLE)
    file.close()
