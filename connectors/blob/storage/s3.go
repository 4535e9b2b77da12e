package storage

import (
	"fmt"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
)

// S3 is a bucket of Amazon's S3, or of a store like it.
var S3 = Kind{"s3://", "s3://bucket/prefix", []string{
	"endpoint", "region", "access_key", "secret_key", "session_token", "profile", "role_arn", "role_external_id", "sts_endpoint",
	"ca", "requester_pays", "anonymous", "path_style",
}, isS3, parseS3}

func isS3(at Address, _ connectors.Options) bool {
	return at.Scheme == "s3" && at.Host != "" && at.User == nil
}

func parseS3(at Address, o connectors.Options) (Place, error) {
	s3 := blob.S3Config{
		Bucket: at.Host, Endpoint: o["endpoint"], Region: o["region"],
		AccessKey: o["access_key"], SecretKey: connectors.Secret(o["secret_key"]),
		SessionToken: connectors.Secret(o["session_token"]), Profile: o["profile"], CA: o["ca"],
		Role:      blob.S3Role{ARN: o["role_arn"], ExternalID: o["role_external_id"], Endpoint: o["sts_endpoint"]},
		PathStyle: o["endpoint"] != "",
	}
	for _, key := range []string{"endpoint", "sts_endpoint"} {
		if _, err := server(o, key); err != nil {
			return Place{}, err
		}
	}
	switch role := o["role_arn"]; {
	case (o["access_key"] == "") != (o["secret_key"] == ""):
		return Place{}, fmt.Errorf("access_key and secret_key belong together")
	case o["session_token"] != "" && o["access_key"] == "":
		return Place{}, fmt.Errorf("session_token belongs to access_key and secret_key")
	case o["profile"] != "" && o["access_key"] != "":
		return Place{}, fmt.Errorf("profile and access_key exclude each other")
	case role != "" && !strings.HasPrefix(role, "arn:"):
		return Place{}, fmt.Errorf("role_arn must be arn:aws:iam::account:role/name")
	case role == "" && (o["role_external_id"] != "" || o["sts_endpoint"] != ""):
		return Place{}, fmt.Errorf("role_external_id and sts_endpoint belong to role_arn")
	}
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
