package testserver

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
)

// AzureStore is a fresh container on the shared server of Azure's Blob Storage.
type AzureStore struct {
	Endpoint  string // http://127.0.0.1:port/account
	Account   string
	Key       string // Base64
	Container string
}

// Client returns a client for the store. It keeps no connection open.
func (s AzureStore) Client(tb testing.TB) *azblob.Client {
	tb.Helper()
	client, err := s.client()
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

func (s AzureStore) client() (*azblob.Client, error) {
	credential, err := azblob.NewSharedKeyCredential(s.Account, s.Key)
	if err != nil {
		return nil, err
	}
	return azblob.NewClientWithSharedKeyCredential(s.Endpoint, credential, &azblob.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Retry:     policy.RetryOptions{MaxRetries: -1},
	}})
}

// Put stores content under a key.
func (s AzureStore) Put(tb testing.TB, key, content string) {
	tb.Helper()
	if _, err := s.Client(tb).UploadBuffer(context.Background(), s.Container, key, []byte(content), nil); err != nil {
		tb.Fatal(err)
	}
}

// Azure returns a fresh container. It goes with the server.
func Azure(tb testing.TB) AzureStore {
	tb.Helper()
	store, err := azurite.get()
	require(tb, err)
	store.Container = uniqueName()
	if _, err := store.Client(tb).CreateContainer(context.Background(), store.Container, nil); err != nil {
		tb.Fatal(err)
	}
	return store
}

// AzureEnv names the environment variable with the address of a running server: http://ACCOUNT:KEY@HOST:PORT.
const AzureEnv = "SILOGATE_TEST_AZURE"

var azurite = shared[AzureStore]{env: AzureEnv, start: startAzurite, decode: func(v string) AzureStore {
	u, err := url.Parse(v)
	if err != nil {
		panic(AzureEnv + ": " + err.Error())
	}
	key, _ := u.User.Password()
	return AzureStore{Endpoint: "http://" + u.Host + "/" + u.User.Username(), Account: u.User.Username(), Key: key}
}}

func startAzurite() (AzureStore, *process, error) {
	fail := func(err error) (AzureStore, *process, error) {
		return AzureStore{}, nil, fmt.Errorf("azurite: %w", err)
	}
	cache, err := CacheDir()
	if err != nil {
		return fail(err)
	}
	script := filepath.Join(cache, "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js")
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(script)
	}
	if err != nil {
		return fail(errMissing{"azurite", "make deps"})
	}
	dir, err := workDir("azurite", nil)
	if err != nil {
		return fail(err)
	}
	port, err := freePort()
	if err != nil {
		return fail(err)
	}
	account := "acct" + randomHex()
	store := AzureStore{Endpoint: fmt.Sprintf("http://127.0.0.1:%d/%s", port, account), Account: account,
		Key: base64.StdEncoding.EncodeToString([]byte("key" + randomHex() + randomHex()))}
	p, err := launch(dir, nil, []string{"AZURITE_ACCOUNTS=" + account + ":" + store.Key}, node, script, "--blobHost", "127.0.0.1",
		"--blobPort", fmt.Sprint(port), "--location", dir, "--silent", "--disableTelemetry", "--skipApiVersionCheck")
	if err != nil {
		return fail(err)
	}
	client, err := store.client()
	if err != nil {
		return fail(err)
	}
	if err := p.ready(func() error {
		_, err := client.NewListContainersPager(nil).NextPage(context.Background())
		return err
	}); err != nil {
		return fail(err)
	}
	return store, p, nil
}
