package kernel

import (
	"strconv"
	"strings"
	"time"
)

// zones finds time zones by name. It has a memory: one for each evaluator.
type zones map[string]*zone

// rememberedZones bounds the memory: a column of names has few.
const rememberedZones = 1000

// of returns the zone of a name: an offset from -13:59 to +14:00, SYSTEM, or a name of the time zone database. nil: there is none.
func (z zones) of(name string) *zone {
	if found, ok := z[name]; ok {
		return found
	}
	var found *zone
	if loc := zoneNamed(name); loc != nil {
		found = newZone(loc)
	}
	if len(z) < rememberedZones {
		z[name] = found
	}
	return found
}

func zoneNamed(name string) *time.Location {
	if offset, ok := parseOffset(name); ok {
		return time.FixedZone(name, offset)
	}
	switch strings.ToUpper(name) {
	case "SYSTEM":
		return time.Local
	case "", "LOCAL":
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return loc
}

// parseOffset reads [+-]h:mm or hh:mm in seconds.
func parseOffset(s string) (int, bool) {
	if len(s) < 4 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, m, ok := strings.Cut(s[1:], ":")
	if !ok || len(h) > 2 || len(m) != 2 || digitRun(h) != len(h) || digitRun(m) != 2 {
		return 0, false
	}
	hours, errH := strconv.Atoi(h)
	minutes, errM := strconv.Atoi(m)
	offset := hours*3600 + minutes*60
	if s[0] == '-' {
		offset = -offset
	}
	return offset, errH == nil && errM == nil && minutes < 60 && offset >= -(13*3600+59*60) && offset <= 14*3600
}

// ConvertTZ returns the function of CONVERT_TZ(datetime, from, to): NULL for a zone there is none of; what is no instant between 1970
// and 3001 stays as it is. It has a memory: one for each evaluator.
func ConvertTZ() func(r *Row) (int64, bool) {
	known := zones{}
	return func(r *Row) (int64, bool) {
		from, to := known.of(string(r.Text(1))), known.of(string(r.Text(2)))
		if from == nil || to == nil {
			return 0, false
		}
		us := r.Int(0)
		if instant := from.instant(us); instant >= second && instant < (lastUnix+1)*second {
			return to.civil(instant), true
		}
		return us, true
	}
}
