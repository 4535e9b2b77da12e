package blob

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// listing is S3's answer of a bucket with one object.
const listing = `<ListBucketResult><Contents><Key>a</Key><Size>3</Size><ETag>"1"</ETag></Contents></ListBucketResult>`

// served answers listings and reads of that bucket, and shows each request to look first, which may answer it.
func served(t *testing.T, look func(w http.ResponseWriter, r *http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case look(w, r):
		case r.URL.Query().Has("list-type"):
			io.WriteString(w, listing) //nolint:errcheck // the client may be gone
		default:
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Content-Range", "bytes 0-2/3")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "abc") //nolint:errcheck // the client may be gone
		}
	})
}

// readsAll lists the bucket and reads its object.
func readsAll(t *testing.T, s *S3) error {
	t.Helper()
	for e, err := range s.List(t.Context(), ListOptions{}) {
		if err != nil {
			return err
		}
		p := make([]byte, e.Size)
		if err := s.Read(t.Context(), e.Object, 0, p); err != nil || string(p) != "abc" {
			return errors.Join(err, errors.New(string(p)))
		}
		return nil
	}
	return fs.ErrNotExist
}

// TestS3RegionsOfBuckets follows a bucket to the region that the store says it is in, once for each request, and knows it from then on.
func TestS3RegionsOfBuckets(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		regions []string // that the store says, one after the other
		want    string   // of the error
	}{
		"redirect":                     {http.StatusMovedPermanently, []string{"eu-central-1"}, ""},
		"signature for another region": {http.StatusBadRequest, []string{"eu-central-1"}, ""},
		"nowhere":                      {http.StatusMovedPermanently, []string{"eu-central-1", "eu-west-1", "eu-north-1"}, "list s3://b/: the bucket is in another region: status 301"},
	} {
		t.Run(name, func(t *testing.T) {
			requests, refused := 0, 0
			server := httptest.NewServer(served(t, func(w http.ResponseWriter, r *http.Request) bool {
				requests++
				for i, region := range c.regions {
					if i == len(c.regions)-1 && strings.Contains(r.Header.Get("Authorization"), "/"+region+"/s3/") && c.want == "" {
						return false
					}
				}
				w.Header().Set("X-Amz-Bucket-Region", c.regions[min(refused, len(c.regions)-1)])
				w.WriteHeader(c.status)
				refused++
				return true
			}))
			defer server.Close()
			s := NewS3(S3Config{Bucket: "b", Endpoint: server.URL, AccessKey: "key", SecretKey: "hunter2", PathStyle: true})
			defer s.Close()
			err := readsAll(t, s)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) || refused != 2 {
					t.Errorf("%d refusals, error %v", refused, err)
				}
				return
			}
			if err == nil {
				err = readsAll(t, s)
			}
			if err != nil || refused != 1 || requests != 5 {
				t.Errorf("%d requests, %d refusals, error %v", requests, refused, err)
			}
		})
	}
}

// TestS3Credentials checks what requests carry of temporary keys, and of those that a role gives.
func TestS3Credentials(t *testing.T) {
	var key, token, payer string
	server := httptest.NewServer(served(t, func(_ http.ResponseWriter, r *http.Request) bool {
		key, _, _ = strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="), "/")
		token, payer = r.Header.Get("X-Amz-Security-Token"), r.Header.Get("X-Amz-Request-Payer")
		return false
	}))
	defer server.Close()
	var asked string
	refuse := false
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = string(body)
		if refuse {
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>not yours</Message></Error></ErrorResponse>`) //nolint:errcheck // the client may be gone
			return
		}
		io.WriteString(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>given</AccessKeyId><SecretAccessKey>s</SecretAccessKey>`+ //nolint:errcheck // the client may be gone
			`<SessionToken>ticket</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
	}))
	defer service.Close()
	config := S3Config{Bucket: "b", Endpoint: server.URL, AccessKey: "own", SecretKey: "hunter2", SessionToken: "short", PathStyle: true, RequesterPays: true}
	s := NewS3(config)
	defer s.Close()
	if err := readsAll(t, s); err != nil || key != "own" || token != "short" || payer != "requester" {
		t.Errorf("key %s, token %s, payer %s, error %v", key, token, payer, err)
	}
	config.RequesterPays, config.SessionToken = false, ""
	config.Role = S3Role{ARN: "arn:aws:iam::1:role/reader", ExternalID: "x7", Endpoint: service.URL}
	taken := NewS3(config)
	defer taken.Close()
	if err := readsAll(t, taken); err != nil || key != "given" || token != "ticket" || payer != "" || !strings.Contains(asked, "ExternalId=x7") ||
		!strings.Contains(asked, "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Freader") {
		t.Errorf("key %s, token %s, payer %s, asked %s, error %v", key, token, payer, asked, err)
	}
	refuse = true
	denied := NewS3(config)
	defer denied.Close()
	err := readsAll(t, denied)
	if !sqlerr.Is(err, sqlerr.SourceAuth) || !strings.Contains(err.Error(), "the role arn:aws:iam::1:role/reader can't be taken") || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
}

// TestS3Certificates reaches a store whose certificate nobody but the source's option vouches for.
func TestS3Certificates(t *testing.T) {
	server := httptest.NewTLSServer(served(t, func(http.ResponseWriter, *http.Request) bool { return false }))
	defer server.Close()
	config := S3Config{Bucket: "b", Endpoint: server.URL, AccessKey: "key", SecretKey: connectors.Secret("hunter2"), PathStyle: true}
	strange := NewS3(config)
	defer strange.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, err := range strange.List(ctx, ListOptions{}) {
		if !sqlerr.Is(err, sqlerr.SourceDown) || !strings.Contains(err.Error(), "certificate") {
			t.Error(err)
		}
	}
	config.CA = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	known := NewS3(config)
	defer known.Close()
	if err := readsAll(t, known); err != nil {
		t.Error(err)
	}
	config.CA = "no certificate"
	bad := NewS3(config)
	defer bad.Close()
	if err := readsAll(t, bad); !sqlerr.Is(err, sqlerr.BadOption) {
		t.Error(err)
	}
}
