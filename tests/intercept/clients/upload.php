<?php // An uploader that knows only the real URL: PHP's curl.

const API = 'https://open.tiktokapis.com/v2/post/publish';

function send(string $method, string $url, string $body, array $headers): string
{
    $curl = curl_init($url);
    curl_setopt_array($curl, [
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_POSTFIELDS => $body,
        CURLOPT_HTTPHEADER => $headers,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_FAILONERROR => true,
    ]);
    $answer = curl_exec($curl);
    if ($answer === false) {
        fwrite(STDERR, curl_error($curl) . "\n");
        exit(1);
    }
    return $answer;
}

function call(string $path, array $body): array
{
    $headers = ['Authorization: Bearer act.example', 'Content-Type: application/json'];
    return json_decode(send('POST', API . $path, json_encode($body), $headers), true)['data'];
}

$video = file_get_contents($argv[1]);
$size = strlen($video);
$source = ['source' => 'FILE_UPLOAD', 'video_size' => $size, 'chunk_size' => 6000, 'total_chunk_count' => 2];
$made = call('/inbox/video/init/', ['source_info' => $source]);
foreach ([[0, 5999], [6000, $size - 1]] as [$first, $last]) {
    $headers = ['Content-Type: video/mp4', "Content-Range: bytes $first-$last/$size"];
    send('PUT', $made['upload_url'], substr($video, $first, $last - $first + 1), $headers);
}
echo call('/status/fetch/', ['publish_id' => $made['publish_id']])['status'], "\n";
