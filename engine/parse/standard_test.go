package parse

import "testing"

func TestStandard(t *testing.T) {
	for _, c := range []struct {
		sql, want string
		mode      Mode
	}{
		{sql: `SELECT '\'' or 1=1 -- '`, want: `SELECT '\'' or 1=1 -- '`},
		{sql: `SELECT '\'' or 1=1 -- '`, want: `SELECT '\\'' or 1=1 -- '`, mode: Mode{NoBackslashEscapes: true}},
		{sql: `SELECT "\"" or 1=1 -- ", '\', N'a\n', x'\'`, want: `SELECT "\\"" or 1=1 -- ", '\\', N'a\\n', x'\\'`, mode: Mode{NoBackslashEscapes: true}},
		{sql: `SELECT "a\", '\', "b"`, want: `SELECT "a\", '\\', "b"`, mode: Mode{NoBackslashEscapes: true, AnsiQuotes: true}},
		{sql: "SELECT `a\\`, '\\' /* ' \\ */ # '\n, '\\'", want: "SELECT `a\\`, '\\\\' /* ' \\ */ # '\n, '\\\\'", mode: Mode{NoBackslashEscapes: true}},
		{sql: `SELECT 5--1, 'a--b', 5---1 --x`, want: `SELECT 5- -1, 'a--b', 5- - -1 - -x`},
		{sql: `SELECT a//b, 'http://h'`, want: `SELECT a/ /b, 'http://h'`},
		{sql: `SELECT /*!80031 1, */ /*!080031 2, */ /*!99999 3, */ /*!100100 4, /* */ */ /*! 5, */ /*M! 6, */ /*!123*/`, want: `SELECT 1, 2, 5, 123 `},
		{sql: `SELECT /*! '*/' */, 2`, want: `SELECT '*/' , 2`},
		{sql: `SELECT '/*!99999 x */'`, want: `SELECT '/*!99999 x */'`},
		{sql: `SELECT /*+ MAX_EXECUTION_TIME(1) */ 1 -- x`, want: `SELECT /*+ MAX_EXECUTION_TIME(1) */ 1 -- x`},
	} {
		got, err := Standard(c.sql, c.mode)
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.sql, got, err, c.want)
		}
		if again, err := Standard(got, Mode{AnsiQuotes: c.mode.AnsiQuotes}); err != nil || again != got {
			t.Errorf("%s again: %s, %v", got, again, err)
		}
	}
	for _, sql := range []string{`SELECT '\''`, `/*! SELECT 1`, `/*!99999 SELECT 1`, `SELECT 1 /*`} {
		if got, err := Standard(sql, Mode{NoBackslashEscapes: true}); err == nil {
			t.Errorf("%s became %s", sql, got)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		sql, first, rest string
		mode             Mode
	}{
		{sql: `SELECT ';', "\";" -- ;`, first: `SELECT ';', "\";" -- ;`},
		{sql: ` SELECT 1 ; SELECT 2; ; `, first: ` SELECT 1 `, rest: `SELECT 2`},
		{sql: `SELECT '\'; SELECT '2`, first: `SELECT '\'; SELECT '2`},
		{sql: `SELECT '\'; SELECT '2`, first: `SELECT '\'`, rest: `SELECT '2`, mode: Mode{NoBackslashEscapes: true}},
		{sql: `SELECT "\"; SELECT 2`, first: `SELECT "\"`, rest: `SELECT 2`, mode: Mode{AnsiQuotes: true}},
		{sql: `SELECT 1 /*!99999 ; */; SELECT 2`, first: `SELECT 1 /*!99999 ; */`, rest: `SELECT 2`},
		{sql: `CREATE PROCEDURE p() BEGIN SELECT 1; END; SELECT 2`, first: `CREATE PROCEDURE p() BEGIN SELECT 1; END; SELECT 2`},
		{sql: `CREATE TABLE t (begin int); SELECT 2`, first: `CREATE TABLE t (begin int)`, rest: `SELECT 2`},
		{sql: `BEGIN; SELECT 2`, first: `BEGIN`, rest: `SELECT 2`},
	} {
		if first, rest := Split(c.sql, c.mode); first != c.first || rest != c.rest {
			t.Errorf("%s: %q, %q", c.sql, first, rest)
		}
	}
}
