package files

import (
	"context"
	"errors"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Unsupported says of a file that is well-formed why it is not read, as what is to follow its location.
type Unsupported string

// Error implements error.
func (u Unsupported) Error() string { return string(u) }

// Malformed says that a file is not what its format says, unless reading it failed or was ended, or it is Unsupported.
func Malformed(format, location string, err error) error {
	var known *sqlerr.Error
	var other Unsupported
	switch {
	case errors.As(err, &known), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &other):
		return sqlerr.New(sqlerr.Unsupported, "%s %s", location, string(other))
	}
	return sqlerr.Wrap(sqlerr.Corrupt, err, "%s file %s", format, location)
}
