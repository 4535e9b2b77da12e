package types

// The dates and times that MySQL has (MySQL 8.0 manual, 11.2.2, 11.2.3), as vectors have them: a DATE in days since 1970-01-01, of years
// 1 to 9999, moments and TIME in microseconds.
const (
	DayMicros   = 86400_000_000
	FirstDay    = -719162
	LastDay     = 2932896
	FirstMoment = FirstDay * DayMicros
	LastMoment  = (LastDay+1)*DayMicros - 1
	LastTime    = (838*3600 + 59*60 + 59) * 1_000_000
)

// Range returns the first and the last value that MySQL has of a temporal type. It panics for others.
func Range(t Type) (first, last int64) {
	switch t.Kind {
	case Date:
		return FirstDay, LastDay
	case Datetime, Timestamp:
		return FirstMoment, LastMoment
	case Time:
		return -LastTime, LastTime
	}
	panic("no range of " + t.String())
}
