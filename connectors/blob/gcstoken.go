package blob

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/silogate/silogate/engine/sqlerr"
)

// readOnly is what tokens are good for.
const readOnly = "https://www.googleapis.com/auth/devstorage.read_only"

// googleCredentials are the kinds of credentials that may be given. The others name files and programs of this machine, which who writes
// a source's options need not be allowed to use.
var googleCredentials = []google.CredentialsType{google.ServiceAccount, google.AuthorizedUser}

// googleTokens asks for tokens by the credentials of a configuration. They are sent encrypted only, and those of the environment to
// nobody but Google, since who names an endpoint need not be who owns the environment.
func googleTokens(config GCSConfig, log *slog.Logger) (func(context.Context) (string, time.Time, error), error) {
	if config.Endpoint.Scheme != "https" {
		return nil, sqlerr.New(sqlerr.BadOption, "tokens of Google are sent over https:// only")
	}
	find := func(ctx context.Context) (*google.Credentials, error) {
		return google.FindDefaultCredentials(ctx, readOnly)
	}
	if config.Credentials != "" {
		text := []byte(config.Credentials.Reveal())
		var given struct {
			Type google.CredentialsType `json:"type"`
		}
		if json.Unmarshal(text, &given) != nil || !slices.Contains(googleCredentials, given.Type) {
			return nil, sqlerr.New(sqlerr.BadOption, "credentials must be the JSON of a service account's key, or of a user who has logged in")
		}
		find = func(ctx context.Context) (*google.Credentials, error) {
			return google.CredentialsFromJSONWithType(ctx, text, given.Type, readOnly)
		}
	} else if host := config.Endpoint.Hostname(); host != googleStorage && !strings.HasSuffix(host, "."+googleStorage) {
		return nil, sqlerr.New(sqlerr.BadOption, "credentials of the environment are for endpoints of Google only")
	}
	return func(ctx context.Context) (string, time.Time, error) {
		client := &http.Client{Timeout: answerTimeout, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
		token, err := googleToken(context.WithValue(ctx, oauth2.HTTPClient, client), find)
		if err != nil {
			log.Debug("Google gave no token", "error", err)
			first, _, _ := strings.Cut(err.Error(), "\n")
			return "", time.Time{}, fmt.Errorf("there is no token of Google: %s", first)
		}
		return token.AccessToken, token.Expiry, nil
	}, nil
}

func googleToken(ctx context.Context, find func(context.Context) (*google.Credentials, error)) (*oauth2.Token, error) {
	credentials, err := find(ctx)
	if err != nil {
		return nil, err
	}
	return credentials.TokenSource.Token()
}
