package kernel

import "strings"

// numberLocale is how FORMAT writes numbers.
type numberLocale struct {
	point, separator string
	later            int // digits of the groups before the last; 0: there are no groups
}

var (
	usualLocale     = numberLocale{".", ",", 3}
	groupedByPoint  = numberLocale{",", ".", 3}
	groupedByBlank  = numberLocale{",", " ", 3}
	ungroupedComma  = numberLocale{",", "", 0}
	ungroupedPoint  = numberLocale{".", "", 0}
	indianLocale    = numberLocale{".", ",", 2}
	apostropheComma = numberLocale{",", "'", 3}
	apostrophePoint = numberLocale{".", "'", 3}
)

// locales are MySQL's locales by their way of writing numbers.
var locales = func() map[string]numberLocale {
	all := map[string]numberLocale{}
	for names, l := range map[string]numberLocale{
		`ar_AE ar_BH ar_DZ ar_EG ar_IN ar_IQ ar_JO ar_KW ar_LB ar_LY ar_MA ar_OM ar_QA ar_SD ar_SY ar_TN ar_YE en_AU en_CA en_GB
		en_NZ en_PH en_US en_ZA en_ZW es_DO es_GT es_HN es_MX es_NI es_PA es_PE es_PR es_SV es_US gu_IN he_IL hi_IN ja_JP ko_KR
		ms_MY th_TH ur_PK zh_CN zh_HK zh_TW`: usualLocale,
		`be_BY da_DK de_BE de_DE de_LU es_AR es_BO es_CL es_CO es_EC es_ES es_PY es_UY es_VE fo_FO hu_HU id_ID is_IS lt_LT mn_MN
		nb_NO no_NO ro_RO ru_UA sq_AL tr_TR uk_UA vi_VN`: groupedByPoint,
		`bg_BG cs_CZ es_CR et_EE fi_FI lv_LV mk_MK ru_RU sk_SK sv_FI sv_SE`:                                           groupedByBlank,
		`ca_ES de_AT el_GR eu_ES fr_BE fr_CA fr_CH fr_FR fr_LU gl_ES hr_HR it_IT nl_BE nl_NL pl_PL pt_BR pt_PT sl_SI`: ungroupedComma,
		`ar_SA sr_RS`: ungroupedPoint, `en_IN ta_IN te_IN`: indianLocale, `it_CH rm_CH`: apostropheComma, `de_CH`: apostrophePoint,
	} {
		for name := range strings.FieldsSeq(names) {
			all[strings.ToLower(name)] = l
		}
	}
	return all
}()

// localeOf finds a locale by its name; the usual one stands for an unknown.
func localeOf(name string) (numberLocale, bool) {
	l, ok := locales[strings.ToLower(name)]
	if !ok {
		return usualLocale, false
	}
	return l, true
}

// append writes a number in plain notation with the locale's point and groups.
func (l numberLocale) append(dst []byte, number string) []byte {
	if number[0] == '-' {
		dst = append(dst, '-')
		number = number[1:]
	}
	whole, fraction, pointed := strings.Cut(number, ".")
	if last := len(whole) - 3; l.later == 0 || last <= 0 {
		dst = append(dst, whole...)
	} else {
		first := last % l.later
		dst = append(dst, whole[:first]...)
		for at := first; at < last; at += l.later {
			if at > 0 {
				dst = append(dst, l.separator...)
			}
			dst = append(dst, whole[at:at+l.later]...)
		}
		dst = append(append(dst, l.separator...), whole[last:]...)
	}
	if pointed {
		dst = append(append(dst, l.point...), fraction...)
	}
	return dst
}
