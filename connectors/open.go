package connectors

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/silogate/silogate/connectors/diskcache"
)

// Options configure a source: the keys of its section in the configuration file or of CREATE SERVER's OPTIONS, lower
// case. A connector takes what it knows by a Reader and calls Finish, so that a misspelled key is an error.
type Options map[string]string

// Secret is a text that prints as ***.
type Secret string

// String hides the secret.
func (Secret) String() string { return "***" }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return `"***"` }

// LogValue hides the secret from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue("***") }

// MarshalText hides the secret from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Reveal returns the secret itself; call it only where it is sent to the source.
func (s Secret) Reveal() string { return string(s) }

var _ fmt.GoStringer = Secret("")

// Config is what a connector is opened with.
type Config struct {
	Name    string // of the source
	Options Options
	Log     *slog.Logger // never nil
	// LocalRoots are the directories that local paths must lie under; nil allows any (configuration files), empty none.
	LocalRoots []string
	// Disk is where what was read of remote files may be kept; nil: nowhere.
	Disk *diskcache.Scope
}

// Open makes a connector from its configuration. It checks the options but need not reach the source: a source that is
// down at start is served when it comes up.
type Open func(context.Context, Config) (Connector, error)
