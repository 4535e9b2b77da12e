package blob

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/sqlerr"
)

// answering is a store whose every answer is status and, in S3's form, code and message; it logs to log.
func answering(t *testing.T, status int, code, message string, log io.Writer) *S3 {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Request-Id", "R42")
		w.WriteHeader(status)
		if code != "" {
			io.WriteString(w, "<Error><Code>"+code+"</Code><Message>"+message+"</Message></Error>") //nolint:errcheck // the client may be gone
		}
	}))
	s := NewS3(S3Config{
		Bucket: "b", Endpoint: server.URL, AccessKey: "key", SecretKey: "hunter2", PathStyle: true,
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	t.Cleanup(func() {
		s.Close()
		server.Close()
	})
	return s
}

func TestS3ErrorsAreForPeople(t *testing.T) {
	for name, c := range map[string]struct {
		status        int
		code, message string
		want          string
		as            sqlerr.Code
	}{
		"slow down":    {503, "SlowDown", "Reduce your request rate.", "list s3://b/lake/: the store answers status 503, SlowDown: Reduce your request rate. (request R42)", sqlerr.SourceError},
		"denied":       {403, "AccessDenied", "Access Denied", "list s3://b/lake/: the store refuses access: AccessDenied: Access Denied", sqlerr.SourceAuth},
		"other 403":    {403, "Odd", "No.", "list s3://b/lake/: the store refuses access: status 403, Odd: No. (request R42)", sqlerr.SourceAuth},
		"no bucket":    {404, "NoSuchBucket", "x", "list s3://b/lake/: the bucket b does not exist", sqlerr.SourceError},
		"other region": {301, "PermanentRedirect", "Use the other endpoint.", "list s3://b/lake/: the bucket is in another region: status 301, PermanentRedirect: Use the other endpoint. (request R42)", sqlerr.SourceError},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := answering(t, c.status, c.code, c.message, &log)
			for _, err := range s.List(t.Context(), ListOptions{Prefix: "lake/"}) {
				if !sqlerr.Is(err, c.as) || err.Error() != c.want {
					t.Errorf("code %d: %v\nwant %s", sqlerr.CodeOf(err), err, c.want)
				}
			}
			if !strings.Contains(log.String(), "operation error S3: ListObjectsV2") || strings.Contains(log.String(), "hunter2") {
				t.Errorf("the log says %s", log.String())
			}
		})
	}
}

func TestS3WithoutAServer(t *testing.T) {
	s := NewS3(S3Config{Bucket: "b", Endpoint: "http://127.0.0.1:1", AccessKey: "key", SecretKey: "hunter2", PathStyle: true})
	defer s.Close()
	const want = "list s3://b/lake/: no answer: dial tcp 127.0.0.1:1: connect: connection refused"
	for _, err := range s.List(t.Context(), ListOptions{Prefix: "lake/"}) {
		if !sqlerr.Is(err, sqlerr.SourceDown) || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

func TestS3WithoutCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(name, "")
	}
	none := t.TempDir() + "/none"
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	metadata := httptest.NewServer(http.NotFoundHandler()) // an instance without a role
	defer metadata.Close()
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.URL)
	var log bytes.Buffer
	s := answering(t, 200, "", "", &log)
	s.config.AccessKey, s.config.SecretKey = "", ""
	for _, err := range s.List(t.Context(), ListOptions{Prefix: "lake/"}) {
		const want = "list s3://b/lake/: there are no credentials in the source's options and none in the environment: "
		if !sqlerr.Is(err, sqlerr.SourceAuth) || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "operation error") {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	if !strings.Contains(log.String(), "IMDSv1") {
		t.Errorf("the SDK does not log to the source's log: %s", log.String())
	}
}
