package files

// MySQL's dates and moments: years 1 to 9999, in days and microseconds since 1970. What lies beyond is NULL
// (Options.Unrepresentable).
const (
	DayMicros   = 86400_000_000
	FirstDay    = -719162
	LastDay     = 2932896
	FirstMicros = FirstDay * DayMicros
	LastMicros  = (LastDay+1)*DayMicros - 1
)
