package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// attempts bounds how often one request is sent, and how often a broken body is resumed.
const attempts = 4

// S3Config says how to reach a bucket.
type S3Config struct {
	Bucket    string
	Endpoint  string // of a compatible store; "": AWS
	Region    string // "": the environment's, else us-east-1
	PathStyle bool   // http://endpoint/bucket/key instead of http://bucket.endpoint/key
	CA        string // certificates in PEM that the endpoint's may be signed by, besides those of the environment
	Google    bool   // the endpoint is that of Google's Cloud Storage, for keys of its own that are like AWS's

	AccessKey     string // "": the environment's default credential chain
	SecretKey     connectors.Secret
	SessionToken  connectors.Secret // of temporary keys
	Profile       string            // of the environment's shared configuration; "": its default
	Anonymous     bool              // sign nothing: public buckets
	RequesterPays bool
	Role          S3Role

	Log *slog.Logger // hears at level debug what the SDK says and what its errors hold besides; nil: nobody does
}

// S3Role is a role of AWS that is taken with the credentials that a source has otherwise; the zero value is none.
type S3Role struct {
	ARN        string
	ExternalID string // that the role's owner asks for; "": none
	Endpoint   string // of the security token service; "": AWS's
}

// log is never nil.
func (c S3Config) log() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}

// S3 is a bucket of an S3-compatible store.
type S3 struct {
	config  S3Config
	meter   meter
	breaker *connectors.Breaker

	connect   sync.Mutex
	client    *s3.Client
	transport *http.Transport
	region    string // where the bucket is, if the store said so; "": as configured
}

// NewS3 returns the store of a bucket, without I/O.
func NewS3(config S3Config) *S3 { return &S3{config: config, breaker: connectors.NewBreaker(time.Now)} }

// Unreachable implements connectors.Reachability.
func (s *S3) Unreachable() error { return s.breaker.Err() }

// unlessRefused makes the SDK not repeat what the breaker refuses.
func unlessRefused(err error) aws.Ternary {
	if refusal(err) != nil {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// refusal returns what the breaker said, of what the SDK made of it; nil: it was not asked.
func refusal(err error) error {
	if e, ok := errors.AsType[*sqlerr.Error](err); ok && e.Code == sqlerr.SourceDown {
		return e
	}
	return nil
}

// Location returns the s3:// or gs:// URL of a key.
func (s *S3) Location(key string) string {
	if s.config.Google {
		return "gs://" + s.config.Bucket + "/" + key
	}
	return "s3://" + s.config.Bucket + "/" + key
}

// Profile follows from how far away the store has been so far.
func (s *S3) Profile() Profile {
	return Profile{Gap: s.meter.gap(), Request: 8 << 20, ReadAhead: 32 << 20, Parallel: s.meter.parallel()}
}

// Close drops idle connections.
func (s *S3) Close() error {
	s.connect.Lock()
	defer s.connect.Unlock()
	if s.transport != nil {
		s.transport.CloseIdleConnections()
	}
	return nil
}

// List pages through ListObjectsV2.
func (s *S3) List(ctx context.Context, o ListOptions) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		in := &s3.ListObjectsV2Input{Bucket: &s.config.Bucket, Prefix: aws.String(o.Prefix)}
		if o.Folders {
			in.Delimiter = aws.String("/")
		}
		if o.After != "" {
			in.StartAfter = &o.After
		}
		if s.config.RequesterPays {
			in.RequestPayer = s3types.RequestPayerRequester
		}
		if o.Limit > 0 && o.Limit < 1000 {
			in.MaxKeys = aws.Int32(int32(o.Limit))
		}
		sentOn := false
		for count := 0; ; {
			client, err := s.service(ctx)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			out, err := client.ListObjectsV2(ctx, in)
			if !sentOn && s.moved(client, err) {
				sentOn = true
				continue
			}
			if err != nil {
				yield(Entry{}, s.fail(ctx, err, "list", o.Prefix))
				return
			}
			for _, e := range merge(out) {
				count++
				if !yield(e, nil) || count == o.Limit {
					return
				}
			}
			if !aws.ToBool(out.IsTruncated) {
				return
			}
			if aws.ToString(out.NextContinuationToken) == "" {
				yield(Entry{}, sqlerr.New(sqlerr.SourceError, "%s: the listing ends without a token for its next page", s.Location(o.Prefix)))
				return
			}
			in.ContinuationToken = out.NextContinuationToken
		}
	}
}

// merge brings the objects and folders of a page, each ascending, into one order.
func merge(out *s3.ListObjectsV2Output) []Entry {
	entries := make([]Entry, 0, len(out.Contents)+len(out.CommonPrefixes))
	folders := out.CommonPrefixes
	for _, c := range out.Contents {
		key := aws.ToString(c.Key)
		for len(folders) > 0 && aws.ToString(folders[0].Prefix) < key {
			entries = append(entries, folder(aws.ToString(folders[0].Prefix)))
			folders = folders[1:]
		}
		object := Object{Key: key, Size: aws.ToInt64(c.Size), ETag: aws.ToString(c.ETag)}
		entries = append(entries, Entry{Object: object, Modified: aws.ToTime(c.LastModified)})
	}
	for _, f := range folders {
		entries = append(entries, folder(aws.ToString(f.Prefix)))
	}
	return entries
}

func folder(key string) Entry { return Entry{Object: Object{Key: key}, Folder: true} }

// Stat looks the key up in a listing: a HEAD's refusal has no body, and so cannot tell a missing object from a missing
// bucket or a wrong key.
func (s *S3) Stat(ctx context.Context, key string) (Object, error) {
	for e, err := range s.List(ctx, ListOptions{Prefix: key, Limit: 1}) {
		if err != nil {
			return Object{}, err
		}
		if e.Key == key {
			return e.Object, nil
		}
	}
	return Object{}, sqlerr.Wrap(sqlerr.SourceError, fs.ErrNotExist, "%s", s.Location(key))
}

// Read gets a range with If-Match. A body that breaks off is resumed where it did.
func (s *S3) Read(ctx context.Context, o Object, off int64, p []byte) error {
	for attempt := 1; len(p) > 0; attempt++ {
		client, err := s.service(ctx)
		if err != nil {
			return err
		}
		n, err := s.get(ctx, client, o, off, p)
		off, p = off+int64(n), p[n:]
		if err == nil {
			break
		}
		if elsewhere(err) != "" {
			if attempt < attempts && s.moved(client, err) {
				continue
			}
			return s.fail(ctx, err, "read", o.Key)
		}
		if err := resumable(ctx, err, attempt, s.Location(o.Key)); err != nil {
			return err
		}
	}
	return nil
}

// broken is a body that ended before its length.
type broken struct{ cause error }

func (b *broken) Error() string { return b.cause.Error() }

// resumable says why a read that failed is not to be resumed where it did; nil: it is.
func resumable(ctx context.Context, err error, attempt int, location string) error {
	var cut *broken
	switch {
	case !errors.As(err, &cut):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", location, ctx.Err())
	case attempt == attempts:
		return sqlerr.Wrap(sqlerr.SourceDown, cut.cause, "%s: the connection broke off", location)
	}
	return nil
}

// get reads once and returns how many bytes came.
func (s *S3) get(ctx context.Context, client *s3.Client, o Object, off int64, p []byte) (n int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answer, done := s.meter.request(time.Now())
	defer func() { done(time.Now(), n) }()
	in := &s3.GetObjectInput{
		Bucket: &s.config.Bucket,
		Key:    &o.Key,
		Range:  aws.String(fmt.Sprintf("bytes=%d-%d", off, off+int64(len(p))-1)),
	}
	if o.ETag != "" {
		in.IfMatch = &o.ETag
	}
	if s.config.RequesterPays {
		in.RequestPayer = s3types.RequestPayerRequester
	}
	out, err := client.GetObject(ctx, in)
	if elsewhere(err) != "" {
		return 0, err
	}
	if err != nil {
		return 0, s.fail(ctx, err, "read", o.Key)
	}
	answer(time.Now())
	defer out.Body.Close()
	if o.ETag != "" && aws.ToString(out.ETag) != o.ETag || o.ETag == "" && !ofSize(out.ContentRange, o.Size) {
		return 0, changed(nil, s.Location(o.Key))
	}
	if want := fmt.Sprintf("bytes %d-", off); !strings.HasPrefix(aws.ToString(out.ContentRange), want) {
		return 0, sqlerr.New(sqlerr.SourceError, "%s: the store ignored the range that was asked for", s.Location(o.Key))
	}
	return fill(out.Body, p, cancel)
}

// ofSize reports a range of an object of so many bytes.
func ofSize(contentRange *string, size int64) bool {
	return strings.HasSuffix(aws.ToString(contentRange), fmt.Sprintf("/%d", size))
}

// fail translates what the SDK says of what was done to a key. Its own text is for the log: it names the SDK's parts.
func (s *S3) fail(ctx context.Context, err error, doing, key string) error {
	location := s.Location(key)
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", location, ctx.Err())
	}
	s.config.log().Debug("a request to S3 failed", "doing", doing, "location", location, "error", err)
	if refused := refusal(err); refused != nil {
		return sqlerr.Wrap(sqlerr.SourceDown, refused, "%s %s", doing, location)
	}
	if role := s.config.Role.ARN; role != "" && strings.Contains(err.Error(), "get credentials") {
		return sqlerr.Wrap(sqlerr.SourceAuth, innermost(err), "%s %s: the role %s can't be taken", doing, location, role)
	}
	if strings.Contains(err.Error(), "get credentials") { // the SDK has no type for it
		return sqlerr.Wrap(sqlerr.SourceAuth, innermost(err),
			"%s %s: there are no credentials in the source's options and none in the environment", doing, location)
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "NoSuchKey", "NotFound":
			return changed(fs.ErrNotExist, location)
		case "NoSuchBucket":
			return sqlerr.New(sqlerr.SourceError, "%s %s: the bucket %s does not exist", doing, location, s.config.Bucket)
		case "PreconditionFailed", "InvalidRange":
			return changed(nil, location)
		case "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "Forbidden", "ExpiredToken", "InvalidToken",
			"AuthorizationHeaderMalformed", "RequestTimeTooSkewed", "XAdminUserNotFound", // versitygw: an unknown access key
			"AllAccessDisabled", "Unauthorized":
			return sqlerr.New(sqlerr.SourceAuth, "%s %s: the store refuses access: %s: %s", doing, location, api.ErrorCode(), api.ErrorMessage())
		}
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		switch status := response.HTTPStatusCode(); {
		case status == http.StatusPreconditionFailed || status == http.StatusRequestedRangeNotSatisfiable:
			return changed(nil, location)
		case status == http.StatusForbidden || status == http.StatusUnauthorized:
			return sqlerr.New(sqlerr.SourceAuth, "%s %s: the store refuses access: %s", doing, location, answer(err, status))
		case status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect:
			return sqlerr.New(sqlerr.SourceError, "%s %s: the bucket is in another region: %s", doing, location, answer(err, status))
		case status != 0:
			return sqlerr.New(sqlerr.SourceError, "%s %s: the store answers %s", doing, location, answer(err, status))
		}
	}
	var request *url.Error
	if errors.As(err, &request) { // it says the whole URL, of a presigned request too
		err = request.Err
	}
	return sqlerr.Wrap(sqlerr.SourceDown, err, "%s %s: no answer", doing, location)
}

// answer is what a person, and the store's support, need of an answer: the status, S3's code and message, and the
// request's id.
func answer(err error, status int) string {
	text := fmt.Sprintf("status %d", status)
	var api smithy.APIError
	if errors.As(err, &api) {
		text += fmt.Sprintf(", %s: %s", api.ErrorCode(), api.ErrorMessage())
	}
	var request interface{ ServiceRequestID() string }
	if errors.As(err, &request) && request.ServiceRequestID() != "" {
		text += fmt.Sprintf(" (request %s)", request.ServiceRequestID())
	}
	return text
}

// innermost is the end of a chain of errors.
func innermost(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}
