package storage

import (
	"fmt"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
)

// GCS is a bucket of Google's Cloud Storage.
var GCS = Kind{"gs://", "gs://bucket/prefix", []string{
	"credentials", "access_key", "secret_key", "region", "user_project", "endpoint", "ca", "anonymous",
}, isGCS, parseGCS}

func isGCS(at Address, _ connectors.Options) bool {
	return at.Scheme == "gs" && at.Host != "" && at.User == nil
}

// parseGCS reads by which credentials a bucket of Google's is read. Keys for HMAC are those of an interface that is S3's.
func parseGCS(at Address, o connectors.Options) (Place, error) {
	place := Place{Prefix: prefixOf(at.Path), path: bucketPath(at.Host, "gs")}
	gcs := blob.GCSConfig{Bucket: at.Host, CA: o["ca"], Credentials: connectors.Secret(o["credentials"]), UserProject: o["user_project"]}
	var err error
	if gcs.Endpoint, err = server(o, "endpoint"); err != nil {
		return place, err
	}
	if err := boolean(o, "anonymous", &gcs.Anonymous); err != nil {
		return place, err
	}
	keys := o["access_key"] != ""
	switch {
	case keys != (o["secret_key"] != ""):
		return place, fmt.Errorf("access_key and secret_key belong together")
	case keys && gcs.Credentials != "", keys && gcs.Anonymous, gcs.Anonymous && gcs.Credentials != "":
		return place, fmt.Errorf("credentials, access_key and anonymous exclude each other")
	case !keys && o["region"] != "":
		return place, fmt.Errorf("region belongs to access_key and secret_key")
	case keys && gcs.UserProject != "":
		return place, fmt.Errorf("user_project and access_key exclude each other")
	case keys:
		place.Open = googleByKeys(gcs, o)
		return place, nil
	}
	place.Open = func(cfg connectors.Config) (blob.Store, error) {
		gcs.Log = cfg.Log
		return blob.NewGCS(gcs)
	}
	return place, nil
}

func googleByKeys(gcs blob.GCSConfig, o connectors.Options) func(connectors.Config) (blob.Store, error) {
	s3 := blob.S3Config{
		Google: true, Bucket: gcs.Bucket, Endpoint: "https://storage.googleapis.com", Region: "auto", PathStyle: true, CA: gcs.CA,
		AccessKey: o["access_key"], SecretKey: connectors.Secret(o["secret_key"]),
	}
	if o["region"] != "" {
		s3.Region = o["region"]
	}
	if gcs.Endpoint != nil {
		s3.Endpoint = gcs.Endpoint.String()
	}
	return func(cfg connectors.Config) (blob.Store, error) {
		s3.Log = cfg.Log
		return blob.NewS3(s3), nil
	}
}
