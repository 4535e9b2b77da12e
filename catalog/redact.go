package catalog

import (
	"regexp"
	"strings"

	"github.com/silogate/silogate/connectors"
)

// hidden replaces a secret.
const hidden = "***"

// userinfo is a password in a URL, or in a connection string such as user:secret@tcp(host)/.
var userinfo = regexp.MustCompile(`^((?:[A-Za-z][A-Za-z0-9+.-]*://)?[^:/?#@]*):.*@`)

// parameter is a secret among a URL's parameters or in key=value text.
var parameter = regexp.MustCompile(`(?i)\b([a-z_.-]*(?:password|passwd|pwd|secret|token|credential|signature|sig))=('[^']*'|[^&;\s]*)`)

// Redact returns options as people may see them.
func Redact(options connectors.Options) connectors.Options {
	shown := make(connectors.Options, len(options))
	for key, value := range options {
		if Secret(key) {
			value = hidden
		} else {
			value = userinfo.ReplaceAllString(value, "${1}:"+hidden+"@")
			value = parameter.ReplaceAllString(value, "${1}="+hidden)
		}
		shown[key] = value
	}
	return shown
}

// Secret reports whether an option of this name holds a secret.
func Secret(key string) bool {
	key = strings.ToLower(key)
	for _, word := range []string{"password", "passwd", "pwd", "secret", "token", "credential", "private", "passphrase", "api_key", "access_key", "account_key", "sas"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}
