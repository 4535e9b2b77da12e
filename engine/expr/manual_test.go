package expr

import (
	"testing"

	"github.com/silogate/silogate/engine/types"
)

// TestManual evaluates examples of the Reference Manual (14.6 to 14.8, 14.24), most of them also answered alike by a MariaDB
// server.
func TestManual(t *testing.T) {
	f := newFixture(t)
	f.column("one", types.Of(types.Int64), "1")
	for call, want := range map[string]string{
		"round|-1.23": "-1", "round|-1.58": "-2", "round|1.298|1": "1.3", "round|1.298|0": "1", "round|23.298|-1": "20", "round|2.5": "3", "round|-0.5": "-1",
		"round|1234567|-2": "1234600", "round|1250|-2": "1300", "round|-1250|-2": "-1300",
		"truncate|1.223|1": "1.2", "truncate|-1.999|1": "-1.9", "truncate|122|-2": "100", "ceil|-1.5": "-1", "floor|-1.5": "-2",
		"div|5|2": "2", "div|-5|2": "-2", "div|5|0.3": "16", "%|-7|3": "-1", "%|7|-3": "1", "%|5.5|2": "1.5", "/|102|2": "51.0000", "/|3|5": "0.6000",
		"substring|'Quadratically'|5": "ratically", "substring|'Quadratically'|5|6": "ratica", "substring|'Sakila'|-3": "ila", "substring|'Sakila'|-5|3": "aki",
		"substring|'abc'|0": "", "substring|'abc'|-5": "", "substring|'abc'|4": "", "left|'foobarbar'|5": "fooba", "left|'abc'|-1": "", "right|'foobarbar'|4": "rbar",
		"substring_index|'www.mysql.com'|'.'|2": "www.mysql", "substring_index|'www.mysql.com'|'.'|-2": "mysql.com", "substring_index|'a.b.c'|'.'|5": "a.b.c",
		"lpad|'hi'|4|'??'": "??hi", "lpad|'hi'|1|'??'": "h", "lpad|'hi'|1|''": "h", "lpad|'hi'|4|'xy'": "xyhi", "rpad|'hi'|5|'?'": "hi???", "repeat|'a'|-1": "", "repeat|'MySQL'|3": "MySQLMySQLMySQL",
		"concat_ws|','|NULL|'a'": "a", "concat_ws|','|'First name'|NULL|'Last Name'": "First name,Last Name", "concat|'My'|NULL|'QL'": "NULL",
		"trim|'ababcab'|'ab'": "c", "ltrim|'  barbar'": "barbar", "replace|'www.mysql.com'|'w'|'Ww'": "WwWwWw.mysql.com", "reverse|'äb'": "bä", "hex|255": "FF", "hex|-1": "FFFFFFFFFFFFFFFF", "hex|'abc'": "616263",
		"ascii|''": "0", "ascii|'2'": "50", "&|29|15": "13", "^|11|3": "8", "<<|1|2": "4", ">>|4|2": "1", "<<|1|64": "0", "~|0": "18446744073709551615",
		"date_add|'2020-01-31'|1|'MONTH'": "2020-02-29", "date_add|'2018-12-31 23:59:59'|1|'DAY'": "2019-01-01 23:59:59", "date_add|'2020-12-31 23:59:59'|1|'SECOND'": "2021-01-01 00:00:00",
		"date_sub|'2018-01-02'|31|'DAY'": "2017-12-02", "date_add|'2020-01-31'|1|'HOUR'": "2020-01-31 01:00:00", "last_day|'2004-02-05'": "2004-02-29", "last_day|'2004-01-01 01:01:01'": "2004-01-31",
		"timestampdiff|'MONTH'|'2003-02-01'|'2003-05-01'": "3", "timestampdiff|'YEAR'|'2002-05-01'|'2001-01-01'": "-1", "timestampdiff|'MINUTE'|'2003-02-01'|'2003-05-01 12:05:55'": "128885",
		"timestampdiff|'MONTH'|'2024-01-31'|'2024-02-29'": "0", "timestampdiff|'MONTH'|'2024-03-31 10:00:00'|'2024-02-29 11:00:00'": "-1", "datediff|'2007-12-31 23:59:59'|'2007-12-30'": "1",
		"week|'2008-02-20'": "7", "week|'2008-02-20'|1": "8", "week|'2008-12-31'|1": "53", "week|'2000-01-01'|2": "52", "yearweek|'1987-01-01'": "198652", "dayofweek|'2007-02-03'": "7", "weekday|'2008-02-03 22:23:00'": "6",
		"dayofyear|'2007-02-03'": "34", "to_days|'2007-10-07'": "733321", "from_days|730669": "2000-07-03", "makedate|2011|32": "2011-02-01", "makedate|2011|0": "NULL", "quarter|'2008-04-01'": "2", "dayname|'2007-02-03'": "Saturday",
		"log|2|65536": "16", "log|1|5": "NULL", "ln|0": "NULL", "sqrt|-1": "NULL", "pow|2|10": "1024", "atan2|1|2": "0.4636476090008061", "sign|-32": "-1",
		"nullif|1|1": "NULL", "nullif|1|2": "1", "<=>|1|NULL": "0", "<=>|NULL|NULL": "1", "greatest|34.0|3.0|5.0|767.0": "767.0", "if|1|2|3": "2", "xor|1|1": "0",
	} {
		e, err := parseCall(t, call)
		if err != nil {
			t.Errorf("%s: %v", call, err)
			continue
		}
		got, err := f.eval(e)
		if err != nil || got[0] != want {
			t.Errorf("%s: %v, %v, want %s", call, got, err, want)
		}
	}
}
