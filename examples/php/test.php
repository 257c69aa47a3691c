<?php // `tiktok-mock exec` tells where the mock is and which token it accepts. No test library is needed.

declare(strict_types=1);

require __DIR__ . '/uploader.php';

function control(string $method, string $path, string $body = ''): array
{
    $curl = curl_init(getenv('TIKTOK_MOCK_URL') . "/_mock$path");
    $options = [CURLOPT_CUSTOMREQUEST => $method, CURLOPT_RETURNTRANSFER => true, CURLOPT_FAILONERROR => true];
    curl_setopt_array($curl, $options + ($body === '' ? [] : [CURLOPT_POSTFIELDS => $body]));
    $answer = curl_exec($curl);
    check($answer !== false, "$path: " . curl_error($curl));
    return json_decode($answer, true);
}

function fail(int $chunk, string $when, array $do): void
{
    control('POST', '/faults', json_encode(['on' => ['operation' => 'chunk', 'chunk' => $chunk], 'when' => $when, 'do' => $do]));
}

function check(bool $holds, string $what): void
{
    if (!$holds) {
        fwrite(STDERR, "not so: $what\n");
        exit(1);
    }
}

$video = tempnam(sys_get_temp_dir(), 'video');
register_shutdown_function(unlink(...), $video);
file_put_contents($video, substr(str_repeat(implode('', array_map(chr(...), range(0, 250))), 200), 0, 50_003));
$uploader = new Uploader(getenv('TIKTOK_ACCESS_TOKEN'), getenv('TIKTOK_API_BASE'), 1000); // five chunks

control('POST', '/reset');
fail(2, 'before_body', ['kind' => 'status', 'status' => 503]);
fail(4, 'after_commit', ['kind' => 'close']);
fail(-1, 'after_commit', ['kind' => 'close']);
$publishId = $uploader->upload($video);
$uploads = control('GET', '/uploads')['uploads'];
check(count($uploads) === 1, 'nothing was posted twice');
check($uploads[0]['complete'] && $uploads[0]['publish_id'] === $publishId, 'the upload is complete');
$compared = control('POST', "/uploads/{$uploads[0]['upload_id']}/compare", file_get_contents($video));
check($compared['equal'], 'what arrived is the video');
check(array_column(control('GET', '/faults')['faults'], 'fired') === [1, 1, 1], 'every fault struck');
echo "ok: a 503 and lost answers do no harm\n";

control('POST', '/reset');
fail(3, 'before_body', ['kind' => 'expire']);
try {
    $uploader->upload($video);
    check(false, 'an expired URL is an error');
} catch (UploadError $error) {
    check(str_starts_with($error->getMessage(), 'chunk at byte 20000: 403'), $error->getMessage());
}
echo "ok: an expired URL is an error\n";
