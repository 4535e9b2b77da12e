package blob

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/silogate/silogate/engine/sqlerr"
)

// service returns the client, made on first use because the default credential chain may read files. A failure is tried
// again by the next caller.
func (s *S3) service(ctx context.Context) (*s3.Client, error) {
	s.connect.Lock()
	defer s.connect.Unlock()
	if s.client != nil {
		return s.client, nil
	}
	config := s.config
	if s.region != "" {
		config.Region = s.region
	}
	loaded, err := config.AWS(ctx)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "%s: AWS configuration", s.Location(""))
	}
	if s.transport == nil {
		if s.transport, err = s.connections(loaded); err != nil {
			return nil, err
		}
	}
	client := &http.Client{
		Transport:     s.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.client = s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.HTTPClient = client
		o.UsePathStyle = s.config.PathStyle
		// A checksum of the whole object can't be checked on a range, and compatible stores send none.
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.DisableLogOutputChecksumValidationSkipped = true
		if s.config.Google {
			o.APIOptions = append(o.APIOptions, signWithoutEncoding)
		}
		if s.config.Endpoint != "" {
			o.BaseEndpoint = aws.String(s.config.Endpoint)
		}
	})
	return s.client, nil
}

// signWithoutEncoding has a signature be of everything but the header Accept-Encoding, which Google's service changes before it checks it.
func signWithoutEncoding(stack *middleware.Stack) error {
	const header, signing = "Accept-Encoding", "Signing"
	var encoding string
	step := func(id string, change func(http.Header)) middleware.FinalizeMiddleware {
		return middleware.FinalizeMiddlewareFunc(id, func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			if request, ok := in.Request.(*smithyhttp.Request); ok {
				change(request.Header)
			}
			return next.HandleFinalize(ctx, in)
		})
	}
	hide := step("HideAcceptEncoding", func(h http.Header) {
		encoding = h.Get(header)
		h.Del(header)
	})
	show := step("ShowAcceptEncoding", func(h http.Header) {
		if encoding != "" {
			h.Set(header, encoding)
		}
	})
	return errors.Join(stack.Finalize.Insert(hide, signing, middleware.Before), stack.Finalize.Insert(show, signing, middleware.After))
}

// AWS is the configuration of the SDK that options say, beside that of the environment, which may be read from files. It is not that of a client:
// connections are the caller's.
func (c S3Config) AWS(ctx context.Context) (aws.Config, error) {
	loaded, err := awsconfig.LoadDefaultConfig(ctx, c.settings()...)
	if err == nil {
		c.takeRole(&loaded)
	}
	return loaded, err
}

func (c S3Config) settings() []func(*awsconfig.LoadOptions) error {
	load := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithDefaultRegion("us-east-1"),
		awsconfig.WithLogger(logging.LoggerFunc(func(_ logging.Classification, format string, v ...any) {
			c.log().Debug(fmt.Sprintf(format, v...), "origin", "library")
		})),
		awsconfig.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = attempts
				o.MaxBackoff = time.Second / 2
				o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(unlessRefused)}, o.Retryables...)
			})
		}),
	}
	if c.Region != "" {
		load = append(load, awsconfig.WithRegion(c.Region))
	}
	if c.Profile != "" {
		load = append(load, awsconfig.WithSharedConfigProfile(c.Profile))
	}
	switch {
	case c.Anonymous:
		load = append(load, awsconfig.WithCredentialsProvider(aws.AnonymousCredentials{}))
	case c.AccessKey != "":
		load = append(load, awsconfig.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(c.AccessKey, c.SecretKey.Reveal(), c.SessionToken.Reveal())))
	}
	return load
}

// takeRole has the credentials be those of the source's role, which are asked for anew before they end.
func (c S3Config) takeRole(loaded *aws.Config) {
	role := c.Role
	if role.ARN == "" {
		return
	}
	service := sts.NewFromConfig(*loaded, func(o *sts.Options) {
		if role.Endpoint != "" {
			o.BaseEndpoint = aws.String(role.Endpoint)
		}
	})
	loaded.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(service, role.ARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "silogate"
		if role.ExternalID != "" {
			o.ExternalID = aws.String(role.ExternalID)
		}
	}))
}

// connections returns the connections of a client. They start from the SDK's, which has the environment's certificates.
func (s *S3) connections(loaded aws.Config) (*http.Transport, error) {
	client, ok := loaded.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		client = awshttp.NewBuildableClient()
	}
	t := client.GetTransport()
	tune(t, s.breaker)
	if s.config.CA != "" && !trust(t, s.config.CA) {
		return nil, sqlerr.New(sqlerr.BadOption, "%s: option ca holds no certificate in PEM", s.Location(""))
	}
	return t, nil
}

// moved reports whether the bucket is in another region than a client thought, which the next one knows: the request is to be sent again.
func (s *S3) moved(client *s3.Client, err error) bool {
	region := elsewhere(err)
	s.connect.Lock()
	defer s.connect.Unlock()
	if region == "" || region == client.Options().Region {
		return false
	}
	if s.client == client {
		s.region, s.client = region, nil
	}
	return true
}

// elsewhere is the region that the store says a bucket is in, where it refuses a request for having been sent to another; "": it does not.
// The refusal may be a redirect or a signature that is for another region (Amazon S3 API Reference, Error responses).
func elsewhere(err error) string {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil {
		return ""
	}
	switch response.HTTPStatusCode() {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusBadRequest:
		return response.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}
