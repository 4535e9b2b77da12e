package storage

import (
	"fmt"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
)

// S3 is a bucket of Amazon's S3, or of a store like it.
var S3 = Kind{"s3://", "s3://bucket/prefix", append([]string{"endpoint", "ca", "requester_pays", "anonymous", "path_style"}, AWSOptions...), isS3, parseS3}

// AWSOptions say who asks AWS, and where.
var AWSOptions = []string{"region", "access_key", "secret_key", "session_token", "profile", "role_arn", "role_external_id", "sts_endpoint"}

func isS3(at Address, _ connectors.Options) bool {
	return at.Scheme == "s3" && at.Host != "" && at.User == nil
}

// AWS reads AWSOptions.
func AWS(o connectors.Options) (blob.S3Config, error) {
	s3 := blob.S3Config{
		Region: o["region"], AccessKey: o["access_key"], SecretKey: connectors.Secret(o["secret_key"]),
		SessionToken: connectors.Secret(o["session_token"]), Profile: o["profile"],
		Role: blob.S3Role{ARN: o["role_arn"], ExternalID: o["role_external_id"], Endpoint: o["sts_endpoint"]},
	}
	if _, err := server(o, "sts_endpoint"); err != nil {
		return s3, err
	}
	switch role := o["role_arn"]; {
	case (o["access_key"] == "") != (o["secret_key"] == ""):
		return s3, fmt.Errorf("access_key and secret_key belong together")
	case o["session_token"] != "" && o["access_key"] == "":
		return s3, fmt.Errorf("session_token belongs to access_key and secret_key")
	case o["profile"] != "" && o["access_key"] != "":
		return s3, fmt.Errorf("profile and access_key exclude each other")
	case role != "" && !strings.HasPrefix(role, "arn:"):
		return s3, fmt.Errorf("role_arn must be arn:aws:iam::account:role/name")
	case role == "" && (o["role_external_id"] != "" || o["sts_endpoint"] != ""):
		return s3, fmt.Errorf("role_external_id and sts_endpoint belong to role_arn")
	}
	return s3, nil
}

func parseS3(at Address, o connectors.Options) (Place, error) {
	if _, err := server(o, "endpoint"); err != nil {
		return Place{}, err
	}
	s3, err := AWS(o)
	if err != nil {
		return Place{}, err
	}
	s3.Bucket, s3.Endpoint, s3.CA, s3.PathStyle = at.Host, o["endpoint"], o["ca"], o["endpoint"] != ""
	for key, target := range map[string]*bool{"path_style": &s3.PathStyle, "anonymous": &s3.Anonymous, "requester_pays": &s3.RequesterPays} {
		if err := boolean(o, key, target); err != nil {
			return Place{}, err
		}
	}
	if s3.Anonymous {
		for _, key := range []string{"access_key", "profile", "role_arn"} {
			if o[key] != "" {
				return Place{}, fmt.Errorf("anonymous and %s exclude each other", key)
			}
		}
	}
	return Place{
		Prefix: prefixOf(at.Path),
		path:   bucketPath(at.Host, "s3", "s3a", "s3n"),
		Open: func(cfg connectors.Config) (blob.Store, error) {
			s3.Log = cfg.Log
			return blob.NewS3(s3), nil
		},
	}, nil
}
