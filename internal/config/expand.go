package config

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// expand resolves ${env:NAME} and ${file:/path} in s. A file's last line break is dropped, as editors add one. Any
// other ${...} is an error, so that a misspelled reference is not used as a password.
func expand(s string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		ref, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", errors.New("${ without }")
		}
		value, err := resolve(ref)
		if err != nil {
			return "", err
		}
		b.WriteString(value)
		s = after
	}
}

func resolve(ref string) (string, error) {
	kind, name, _ := strings.Cut(ref, ":")
	switch kind {
	case "env":
		value, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("the environment variable %s is not set", name)
		}
		return value, nil
	case "file":
		data, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
	}
	return "", fmt.Errorf("${%s:...} is not known; use ${env:NAME} or ${file:/path}", kind)
}
