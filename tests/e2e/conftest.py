"""A real video."""

import random
from pathlib import Path

import av
import pytest

WIDTH, HEIGHT, FRAMES = 640, 480, 75


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MP4 with a moving picture and more than 5 MB: 3 s at 640 x 480, written by PyAV."""
    path = tmp_path_factory.mktemp("video") / "moving.mp4"
    noise = random.Random(20260101).randbytes(WIDTH * HEIGHT * 3)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = 60_000_000
        for number in range(FRAMES):
            shift = number * 3 * (8 + WIDTH * 4)
            frame = av.VideoFrame(WIDTH, HEIGHT, "rgb24")
            frame.planes[0].update(noise[shift:] + noise[:shift])
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert path.stat().st_size > 5 * 2**20
    return path
