package infoschema

import (
	_ "embed"
	"strings"

	"github.com/silogate/silogate/engine/types"
)

// zoneNames are the names of the IANA time zone database, which is in the public domain, as Go has it: what unzip -Z1 lists of
// lib/time/zoneinfo.zip.
//
//go:embed zones.txt
var zoneNames string

// zones are the tables of time zones, by which tools find out whether zones have names. What they are is told by CONVERT_TZ alone.
func zones() []*table {
	return []*table{
		{name: "time_zone", compact: `
			Time_zone_id int unsigned
			Use_leap_seconds enum('Y','N')
		`, facts: func(_ *Source, add func([]types.Value)) {
			eachZone(func(id uint64, _ string) { add([]types.Value{types.UintValue(id), types.TextValue("N")}) })
		}},
		{name: "time_zone_name", compact: `
			Name char(64)
			Time_zone_id int unsigned
		`, facts: func(_ *Source, add func([]types.Value)) {
			eachZone(func(id uint64, name string) { add([]types.Value{types.TextValue(name), types.UintValue(id)}) })
		}},
		{name: "time_zone_leap_second", compact: `
			Transition_time bigint
			Correction int
		`},
		{name: "time_zone_transition", compact: `
			Time_zone_id int unsigned
			Transition_time bigint
			Transition_type_id int unsigned
		`},
		{name: "time_zone_transition_type", compact: `
			Time_zone_id int unsigned
			Transition_type_id int unsigned
			Offset int
			Is_DST tinyint unsigned
			Abbreviation char(8)
		`},
	}
}

// eachZone numbers the zones.
func eachZone(do func(id uint64, name string)) {
	id := uint64(0)
	for line := range strings.Lines(zoneNames) {
		id++
		do(id, strings.TrimSuffix(line, "\n"))
	}
}
