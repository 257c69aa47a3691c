<?php // Post a video to TikTok with PHP's curl: `php uploader.php VIDEO`.

declare(strict_types=1);

class UploadError extends RuntimeException {}

/** Post videos. `$mb` is what a megabyte is; a test makes it small. */
final class Uploader
{
    private const WAITS = [0.2, 0.4, 0.8, 1.6, 3.2];
    private const SILENCE_SECONDS = 30;
    private const POLL_SECONDS = 2.5;
    private const POLLS = 120;

    public function __construct(
        private string $token,
        private string $apiBase = 'https://open.tiktokapis.com',
        private int $mb = 1_000_000,
    ) {}

    /** Post it and wait until it is out: its publish_id. */
    public function upload(string $video): string
    {
        $size = filesize($video);
        $count = min(max(intdiv($size, 10 * $this->mb), 1), 1000);
        $chunk = intdiv($size, $count); // The last one takes what is left over.
        $ends = [...array_map(fn ($number) => $number * $chunk, $count > 1 ? range(1, $count - 1) : []), $size];
        $made = $this->call('/v2/post/publish/video/init/', [
            'post_info' => ['title' => '', 'privacy_level' => 'SELF_ONLY'],
            'source_info' => [
                'source' => 'FILE_UPLOAD',
                'video_size' => $size,
                'chunk_size' => $chunk,
                'total_chunk_count' => $count,
            ],
        ]);
        $file = fopen($video, 'rb');
        $place = 0;
        for ($tries = 2 * $count + 10; $place < $size; $tries--) {
            if ($tries === 0) {
                throw new UploadError('the server does not say twice the same about what it wants');
            }
            $end = current(array_filter($ends, fn ($one) => $one > $place));
            $body = stream_get_contents($file, $end - $place, $place);
            $last = $end - 1;
            $headers = ['Content-Type: video/mp4', "Content-Range: bytes $place-$last/$size"];
            [$status, $answered, $text] = $this->send('PUT', $made['upload_url'], $body, $headers);
            if (in_array($status, [200, 201, 206], true)) {
                $place = $end;
            } elseif ($status === 416) { // An answer was lost: the server is elsewhere, and says where.
                $said = preg_match('~^bytes 0-(\d+)/~', $answered['content-range'] ?? '', $found) === 1;
                $place = self::place($said ? (int) $found[1] : $this->status($made)['uploaded_bytes'], [0, ...$ends]);
            } else {
                throw new UploadError("chunk at byte $place: $status $text");
            }
        }
        fclose($file);
        return $this->published($made);
    }

    private function published(array $made): string
    {
        for ($poll = 0; $poll < self::POLLS; $poll++) {
            $now = $this->status($made);
            if (in_array($now['status'], ['PUBLISH_COMPLETE', 'SEND_TO_USER_INBOX'], true)) {
                return $made['publish_id'];
            }
            if ($now['status'] === 'FAILED') {
                throw new UploadError('the post failed: ' . ($now['fail_reason'] ?? ''));
            }
            usleep((int) (self::POLL_SECONDS * 1e6));
        }
        throw new UploadError("{$made['publish_id']} is uploaded and still being processed");
    }

    private function status(array $made): array
    {
        return $this->call('/v2/post/publish/status/fetch/', ['publish_id' => $made['publish_id']]);
    }

    /** Where the server is: `$number` counts the bytes it has, or is the last one's index. */
    private static function place(int $number, array $places): int
    {
        foreach ([$number, $number + 1] as $place) {
            if (in_array($place, $places, true)) {
                return $place;
            }
        }
        throw new UploadError("the server is at byte $number, where no chunk begins");
    }

    private function call(string $path, array $body): array
    {
        $headers = ["Authorization: Bearer $this->token", 'Content-Type: application/json; charset=UTF-8'];
        [$status, , $text] = $this->send('POST', $this->apiBase . $path, json_encode($body), $headers);
        if ($status !== 200) {
            throw new UploadError("$path: $status $text");
        }
        return json_decode($text, true, flags: JSON_THROW_ON_ERROR)['data'];
    }

    /** An answer that is worth reading: 429, 5xx and none at all are tried again, the waits growing. */
    private function send(string $method, string $url, string $body, array $headers): array
    {
        $problem = '';
        foreach ([...self::WAITS, null] as $wait) {
            $answered = [];
            $curl = curl_init($url);
            curl_setopt_array($curl, [
                CURLOPT_CUSTOMREQUEST => $method,
                CURLOPT_POSTFIELDS => $body,
                CURLOPT_HTTPHEADER => $headers,
                CURLOPT_RETURNTRANSFER => true,
                CURLOPT_LOW_SPEED_LIMIT => 1,
                CURLOPT_LOW_SPEED_TIME => self::SILENCE_SECONDS,
                CURLOPT_HEADERFUNCTION => function ($curl, string $line) use (&$answered): int {
                    [$name, $value] = explode(':', $line, 2) + [1 => ''];
                    $answered[strtolower($name)] = trim($value);
                    return strlen($line);
                },
            ]);
            $text = curl_exec($curl);
            $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
            if ($text !== false && $status !== 429 && $status < 500) {
                return [$status, $answered, $text];
            }
            $problem = $text === false ? curl_error($curl) : (string) $status;
            if ($wait !== null) {
                usleep((int) (1e6 * max($wait, (float) ($answered['retry-after'] ?? 0))));
            }
        }
        throw new UploadError("$method does not come through: $problem");
    }
}

if (realpath($_SERVER['SCRIPT_FILENAME']) === __FILE__) {
    $apiBase = getenv('TIKTOK_API_BASE') ?: 'https://open.tiktokapis.com';
    $uploader = new Uploader((string) getenv('TIKTOK_ACCESS_TOKEN'), $apiBase, (int) (getenv('TIKTOK_MB') ?: 1_000_000));
    try {
        $uploader->upload($argv[1]);
    } catch (UploadError $error) {
        fwrite(STDERR, $error->getMessage() . "\n");
        exit(1);
    }
}
