package mysql

import (
	"math"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// guards are variables of MySQL's of which the gateway has some values only. The others, which would change answers, are refused: a
// client that relies on one is told, and gets no other answer instead.
var guards = map[string]func(value any) error{
	sql.SqlModeSessionVar: checkModes,
	lcTimeNames:           checkLocale,

	characterSetClient:         checkClientCharset,
	"character_set_connection": checkCharacterSet,
	characterSetResults:        checkResultCharset,

	blockEncryptionMode: func(value any) error {
		if mode, ok := value.(string); ok && !strings.EqualFold(mode, "aes-128-ecb") {
			return refused(blockEncryptionMode, value)
		}
		return nil
	},
	divPrecisionIncrement: func(value any) error {
		if value != int64(types.DivisionDigits) {
			return refused(divPrecisionIncrement, value)
		}
		return nil
	},
}

const (
	lockWaitTimeout       = "innodb_lock_wait_timeout"
	longestLockWait       = 1 << 30
	blockEncryptionMode   = "block_encryption_mode"
	divPrecisionIncrement = "div_precision_increment"
	lcTimeNames           = "lc_time_names"
	timestamp             = "timestamp"
	characterSetClient    = "character_set_client"
	characterSetResults   = "character_set_results"
)

func refused(variable string, value any) error {
	return sqlerr.New(sqlerr.Unsupported, "This version of silogate doesn't yet support '%s' = '%v'", variable, value)
}

// guardVariables has the process' variables checked as they are set.
var guardVariables = sync.OnceFunc(func() {
	modes := gmsVariable(sql.SqlModeSessionVar)
	modes.Type = newModeType(modes.Name)
	modes.Default = standardModes
	for name, check := range guards {
		v := gmsVariable(name)
		members, _ := v.Type.(sql.SetType)
		v.NotifyChanged = func(_ *sql.Context, _ sql.SystemVariableScope, value sql.SystemVarValue) (err error) {
			if bits, ok := value.Val.(uint64); ok && members != nil {
				if value.Val, err = members.BitsToString(bits); err != nil {
					return err
				}
			}
			return check(value.Val)
		}
	}
	v := gmsVariable(timestamp)
	v.Type, v.Default = gmstypes.NewSystemDoubleType(timestamp, 0, math.MaxInt32), 0.0
	v = gmsVariable(lockWaitTimeout)
	v.Type, v.Default = gmstypes.NewSystemIntType(lockWaitTimeout, 1, longestLockWait, false), int64(50)
	gmsVariable(lcTimeNames).Default = americanEnglish
})

// gmsVariable returns a variable of GMS's, which is there: the names are constants.
func gmsVariable(name string) *sql.MysqlSystemVariable {
	v, _, _ := sql.SystemVariables.GetGlobal(name)
	return v.(*sql.MysqlSystemVariable)
}

// checkCharacterSet refuses a character set that there is not, or that can't be converted.
func checkCharacterSet(value any) error {
	name, _ := value.(string)
	if id := charsetNamed(name); id == sql.CharacterSet_Unspecified || encoderOf(id) == nil {
		return sqlerr.New(sqlerr.UnknownCharset, "Unknown character set: '%s'", name)
	}
	return nil
}

// checkClientCharset refuses character sets whose statements would not begin with ASCII, as MySQL does.
func checkClientCharset(value any) error {
	if err := checkCharacterSet(value); err != nil {
		return err
	}
	switch charsetNamed(value) {
	case sql.CharacterSet_ucs2, sql.CharacterSet_utf16, sql.CharacterSet_utf16le, sql.CharacterSet_utf32:
		return sqlerr.New(sqlerr.BadVariable, "Variable '%s' can't be set to the value of '%v'", characterSetClient, value)
	}
	return nil
}

// checkResultCharset allows NULL, too: texts are then sent as they are.
func checkResultCharset(value any) error {
	if value == nil || value == "" {
		return nil
	}
	return checkCharacterSet(value)
}

const americanEnglish = "en_US"

// locales matches the names of MySQL's locales, english those of which days and months have the same names.
var (
	english = regexp.MustCompile(`(?i)^en_(AU|CA|GB|IN|NZ|PH|US|ZA|ZW)$`)
	locales = regexp.MustCompile(`(?i)^(ar_(AE|BH|DZ|EG|IN|IQ|JO|KW|LB|LY|MA|OM|QA|SA|SD|SY|TN|YE)|be_BY|bg_BG|ca_ES|cs_CZ|da_DK|de_(AT|BE|CH|DE|LU)|` +
		`el_GR|es_(AR|BO|CL|CO|CR|DO|EC|ES|GT|HN|MX|NI|PA|PE|PR|PY|SV|US|UY|VE)|et_EE|eu_ES|fi_FI|fo_FO|fr_(BE|CA|CH|FR|LU)|gl_ES|gu_IN|` +
		`he_IL|hi_IN|hr_HR|hu_HU|id_ID|is_IS|it_(CH|IT)|ja_JP|ko_KR|lt_LT|lv_LV|mk_MK|mn_MN|ms_MY|nb_NO|nl_(BE|NL)|no_NO|pl_PL|pt_(BR|PT)|` +
		`rm_CH|ro_RO|ru_(RU|UA)|sk_SK|sl_SI|sq_AL|sr_RS|sv_(FI|SE)|ta_IN|te_IN|th_TH|tr_TR|uk_UA|ur_PK|vi_VN|zh_(CN|HK|TW))$`)
)

func checkLocale(value any) error {
	switch name, _ := value.(string); {
	case english.MatchString(name):
		return nil
	case locales.MatchString(name):
		return refused(lcTimeNames, name)
	default:
		return sqlerr.New(sqlerr.UnknownLocale, "Unknown locale: '%s'", name)
	}
}

// setClock has a statement run at the session's timestamp, if one is set.
func setClock(ctx *sql.Context) error {
	value, err := ctx.GetSessionVariable(ctx, timestamp)
	if seconds, _ := value.(float64); err == nil && seconds > 0 {
		whole, part := math.Modf(seconds)
		ctx.SetQueryTime(time.Unix(int64(whole), int64(math.Round(part*1e6))*1e3))
	}
	return err
}
