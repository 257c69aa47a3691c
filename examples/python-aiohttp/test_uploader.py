import asyncio

import pytest
from uploader import UploadError, upload


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "video.mp4"
    path.write_bytes((bytes(range(256)) * 200)[:50_003])  # five chunks, where a MB is 1000 bytes
    return path


def test_a_503_and_lost_answers_do_no_harm(tiktok_mock, video):
    tiktok_mock.fail("chunk", chunk=2, status=503)
    tiktok_mock.fail("chunk", chunk=3, reset=True, times=2)
    tiktok_mock.fail("chunk", chunk=4, when="after_commit", close=True)
    tiktok_mock.fail("chunk", chunk=-1, when="after_commit", close=True)
    publish_id = asyncio.run(upload(video, api_base=tiktok_mock.url, token=tiktok_mock.token, mb=1000))
    uploaded = tiktok_mock.upload()  # the only one: nothing was posted twice
    assert uploaded.publish_id == publish_id
    assert uploaded.complete
    assert uploaded.matches(video)


def test_an_expired_url_is_an_error(tiktok_mock, video):
    tiktok_mock.fail("chunk", chunk=3, expire=True)
    with pytest.raises(UploadError, match="chunk at byte 20000: 403"):
        asyncio.run(upload(video, api_base=tiktok_mock.url, token=tiktok_mock.token, mb=1000))
    assert tiktok_mock.upload().uploaded_bytes == 20_000
