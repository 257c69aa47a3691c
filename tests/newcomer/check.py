"""What a stranger gets: the wheel out of the sdist, in a fresh environment, used from an empty directory, with
README's examples pasted as they stand.

    python tests/newcomer/check.py

Needs node, and Linux with user namespaces. Ends with 0 if all is as README and docs/dependencies.md say, else 1.
"""

import os
import re
import shlex
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SECONDS = 300


def wrong(what: str) -> NoReturn:
    sys.exit(f"newcomer: {what}")


def run(*words: str, folder: Path, code: int = 0, path: Path | None = None) -> str:
    """Both outputs of a command that has to end with `code`, in an environment that knows nothing of ours."""
    search = os.pathsep.join([*([str(path)] if path else []), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "HOME", "LANG", "SSL_"))}
    done = subprocess.run(
        words,
        cwd=folder,
        env={**kept, "PATH": search},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode != code:
        wrong(f"{shlex.join(words)} ended with {done.returncode}, not {code}:\n{done.stdout}")
    return done.stdout


def built_wheel(folder: Path) -> Path:
    """The way of a package to an index: sdist first, and the wheel from that."""
    build = (sys.executable, "-m", "hatchling", "build", "-t")
    run(*build, "sdist", "-d", str(folder), folder=ROOT)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = (path for path in folder.iterdir() if path.is_dir())
    run(*build, "wheel", "-d", str(folder), folder=source)
    (wheel,) = folder.glob("*.whl")
    return wheel


def block(first_line: str) -> str:
    """README's code block that begins with this line."""
    found = re.search(rf"^```\w*\n({re.escape(first_line)}\n.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return found[1] if found else wrong(f"README has no block that begins with {first_line!r}")


def default_packages() -> set[str]:
    """Those that docs/dependencies.md says the default install brings."""
    page = (ROOT / "docs" / "dependencies.md").read_text()
    listed = re.search(
        r"^What `pip install tiktok-upload-mock` brings.*?:\n\n(.*?)\n\n", page, re.MULTILINE | re.DOTALL
    )
    return set(re.findall(r"`([\w.-]+)`", listed[1] if listed else wrong("docs/dependencies.md has no list")))


class Stranger:
    """An environment of its own, with nothing but pip, and an empty directory to work in."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder / "venv", with_pip=True)
        self.commands = folder / "venv" / "bin"
        self.desk = folder / "empty"
        self.desk.mkdir()

    def __call__(self, *words: str, code: int = 0) -> str:
        return run(*words, folder=self.desk, code=code, path=self.commands)

    def install(self, *what: str) -> None:
        self("python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *what)

    def packages(self) -> set[str]:
        listed = self("python", "-m", "pip", "list", "--format", "freeze", "--disable-pip-version-check")
        return {re.split(r"==| @ ", line)[0].lower().replace("_", "-") for line in listed.splitlines()} - {
            "pip",
            "setuptools",
        }


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="newcomer-") as name:
        folder = Path(name)
        (folder / "dist").mkdir()
        wheel = built_wheel(folder / "dist")
        stranger = Stranger(folder)
        stranger.install(str(wheel))
        if (came := stranger.packages()) != (told := default_packages()):
            wrong(
                f"the default install has {sorted(came - told)} more and {sorted(told - came)} less than is told"
            )
        print(f"default install: {len(came)} packages", flush=True)

        for command in ("tiktok-mock", "tiktok-conformance", "tiktok-upload"):
            stranger(command, "--version")
        demo = stranger("tiktok-mock", "demo")
        print(demo.splitlines()[-1], flush=True)
        uploader = "tiktok-upload {file} --api-base {api_base} --token {token} --mb {mb}"
        judge = ("tiktok-conformance", "client", "--mb", "1000", "--only", "plain", "--", *uploader.split())
        print(stranger(*judge).splitlines()[-1], flush=True)
        if "tiktok-upload-mock[tls]" not in (said := stranger("tiktok-mock", "serve", "--tls", code=3)):
            wrong(f"--tls without its extra does not say which one to install: {said}")

        stranger.install("pytest")
        (stranger.desk / "test_upload.py").write_text(block("# test_upload.py"))
        print(stranger("pytest", "-q", "test_upload.py").splitlines()[-1], flush=True)

        stranger.install(f"{wheel}[tls]")
        (stranger.desk / "upload.mjs").write_text(block("// upload.mjs"))
        (stranger.desk / "video.mp4").write_bytes(bytes(12_345))
        shown = block("$ tiktok-mock exec --intercept netns --quiet -- node upload.mjs")
        command, _, wanted = shown.removeprefix("$ ").partition("\n")
        said = stranger(*shlex.split(command))
        if said != wanted:
            wrong(f"{command} is shown to say\n{wanted}but said\n{said}")
        print(said.splitlines()[-1], flush=True)


if __name__ == "__main__":
    main()
