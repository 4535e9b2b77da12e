package testserver

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// S3Store is a fresh bucket on the shared S3 server.
type S3Store struct {
	Endpoint  string // http://127.0.0.1:port; path-style addressing
	Region    string
	AccessKey string
	SecretKey string
	Bucket    string
}

// Client returns an S3 client for the store. It keeps no connection open.
func (s S3Store) Client() *awss3.Client {
	return awss3.New(awss3.Options{
		BaseEndpoint: aws.String(s.Endpoint),
		Region:       s.Region,
		Credentials:  credentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, ""),
		UsePathStyle: true,
		HTTPClient:   &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	})
}

// Put stores a local file under key.
func (s S3Store) Put(tb testing.TB, key, file string) {
	tb.Helper()
	f, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	if _, err := s.Client().PutObject(context.Background(),
		&awss3.PutObjectInput{Bucket: &s.Bucket, Key: &key, Body: f}); err != nil {
		tb.Fatal(err)
	}
}

// PutFolder stores the files of a local folder, at any depth, under prefix/.
func (s S3Store) PutFolder(tb testing.TB, prefix, folder string) {
	tb.Helper()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err == nil {
			s.Put(tb, prefix+"/"+filepath.ToSlash(name), path)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// S3 returns a fresh bucket. It goes with the server.
func S3(tb testing.TB) S3Store {
	tb.Helper()
	store, err := s3.get()
	require(tb, err)
	store.Bucket = uniqueName()
	if _, err := store.Client().CreateBucket(context.Background(),
		&awss3.CreateBucketInput{Bucket: &store.Bucket}); err != nil {
		tb.Fatal(err)
	}
	return store
}

// S3Env names the environment variable with the address of a running server: http://KEY:SECRET@HOST:PORT.
const S3Env = "SILOGATE_TEST_S3"

// region is the only one versitygw serves.
const region = "us-east-1"

var s3 = shared[S3Store]{env: S3Env, start: startS3, decode: func(v string) S3Store {
	u, err := url.Parse(v)
	if err != nil {
		panic(S3Env + ": " + err.Error())
	}
	secret, _ := u.User.Password()
	return S3Store{Endpoint: "http://" + u.Host, Region: region, AccessKey: u.User.Username(), SecretKey: secret}
}}

// versitygw is the S3 server; scripts/deps builds this version.
const versitygw = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"

func startS3() (S3Store, *process, error) {
	fail := func(err error) (S3Store, *process, error) { return S3Store{}, nil, fmt.Errorf("s3: %w", err) }
	cache, err := CacheDir()
	if err != nil {
		return fail(err)
	}
	program := filepath.Join(cache, "bin", "versitygw")
	if _, err := os.Stat(program); err != nil {
		if program, err = exec.LookPath("versitygw"); err != nil {
			return fail(errMissing{"versitygw", "make deps, or go install " + versitygw})
		}
	}
	dir, err := workDir("s3", nil)
	if err != nil {
		return fail(err)
	}
	port, err := freePort()
	if err != nil {
		return fail(err)
	}
	store := S3Store{Endpoint: fmt.Sprintf("http://127.0.0.1:%d", port), Region: region,
		AccessKey: "key" + randomHex(), SecretKey: randomHex()}
	root := filepath.Join(dir, "buckets")
	if err := os.Mkdir(root, 0o755); err != nil {
		return fail(err)
	}
	p, err := launch(dir, nil, []string{"ROOT_ACCESS_KEY=" + store.AccessKey, "ROOT_SECRET_KEY=" + store.SecretKey},
		program, "--port", fmt.Sprintf("127.0.0.1:%d", port), "--region", region, "--quiet", "posix", root)
	if err != nil {
		return fail(err)
	}
	client := store.Client()
	if err := p.ready(func() error {
		_, err := client.ListBuckets(context.Background(), &awss3.ListBucketsInput{})
		return err
	}); err != nil {
		return fail(err)
	}
	return store, p, nil
}
