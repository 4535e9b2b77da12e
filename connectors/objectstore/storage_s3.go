package objectstore

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
)

func parseS3(s *settings, at *url.URL, o connectors.Options) (opener, error) {
	s.prefix = prefixOf(at.Path)
	s3 := blob.S3Config{
		Bucket: at.Host, Endpoint: o["endpoint"], Region: o["region"],
		AccessKey: o["access_key"], SecretKey: connectors.Secret(o["secret_key"]),
		SessionToken: connectors.Secret(o["session_token"]), Profile: o["profile"], CA: o["ca"],
		Role:      blob.S3Role{ARN: o["role_arn"], ExternalID: o["role_external_id"], Endpoint: o["sts_endpoint"]},
		PathStyle: o["endpoint"] != "",
	}
	for _, key := range []string{"endpoint", "sts_endpoint"} {
		if _, err := address(o, key); err != nil {
			return nil, err
		}
	}
	switch role := o["role_arn"]; {
	case (o["access_key"] == "") != (o["secret_key"] == ""):
		return nil, fmt.Errorf("access_key and secret_key belong together")
	case o["session_token"] != "" && o["access_key"] == "":
		return nil, fmt.Errorf("session_token belongs to access_key and secret_key")
	case o["profile"] != "" && o["access_key"] != "":
		return nil, fmt.Errorf("profile and access_key exclude each other")
	case role != "" && !strings.HasPrefix(role, "arn:"):
		return nil, fmt.Errorf("role_arn must be arn:aws:iam::account:role/name")
	case role == "" && (o["role_external_id"] != "" || o["sts_endpoint"] != ""):
		return nil, fmt.Errorf("role_external_id and sts_endpoint belong to role_arn")
	}
	for key, target := range map[string]*bool{"path_style": &s3.PathStyle, "anonymous": &s3.Anonymous, "requester_pays": &s3.RequesterPays} {
		if err := boolean(o, key, target); err != nil {
			return nil, err
		}
	}
	if s3.Anonymous {
		for _, key := range []string{"access_key", "profile", "role_arn"} {
			if o[key] != "" {
				return nil, fmt.Errorf("anonymous and %s exclude each other", key)
			}
		}
	}
	return func(cfg connectors.Config) (blob.Store, error) {
		s3.Log = cfg.Log
		return blob.NewS3(s3), nil
	}, nil
}
