// An uploader that knows only the real URL: java.net.http.HttpClient. Runs as it stands: java Upload.java FILE

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;

public class Upload {
    static final String API = "https://open.tiktokapis.com/v2/post/publish";
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        byte[] video = Files.readAllBytes(Path.of(arguments[0]));
        String made = call("/inbox/video/init/", String.format(
            "{\"source_info\": {\"source\": \"FILE_UPLOAD\", \"video_size\": %d, \"chunk_size\": 6000,"
            + " \"total_chunk_count\": 2}}", video.length));
        int[][] chunks = {{0, 5999}, {6000, video.length - 1}};
        for (int[] chunk : chunks) {
            send(HttpRequest.newBuilder(URI.create(field(made, "upload_url")))
                .header("Content-Type", "video/mp4")
                .header("Content-Range", String.format("bytes %d-%d/%d", chunk[0], chunk[1], video.length))
                .PUT(BodyPublishers.ofByteArray(Arrays.copyOfRange(video, chunk[0], chunk[1] + 1))));
        }
        String asked = String.format("{\"publish_id\": \"%s\"}", field(made, "publish_id"));
        System.out.println(field(call("/status/fetch/", asked), "status"));
    }

    static String call(String path, String body) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(API + path))
            .header("Authorization", "Bearer act.example")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)));
    }

    static String send(HttpRequest.Builder request) throws Exception {
        var answer = CLIENT.send(request.build(), BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    static String field(String json, String name) {
        var found = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        found.find();
        return found.group(1);
    }
}
