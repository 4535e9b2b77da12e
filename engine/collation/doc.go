// Package collation compares texts as MySQL 8.0's collations do.
//
// A text is made into weights, and weights are compared. Where they come from:
//
//	utf8mb4_0900_ai_ci, _as_ci, _as_cs   the default table of the Unicode Collation Algorithm 9.0.0, of which the first one, two
//	                                     and three levels count: letters, accents, case
//	utf8mb4_unicode_520_ci               the first level of UCA 5.2.0
//	utf8mb4_unicode_ci                   the first level of UCA 4.0.0 for the Basic Multilingual Plane; all other characters are equal
//	utf8mb4_general_ci                   one weight for each character, its capital without accents; as above beyond the plane
//	utf8mb4_bin, utf8mb4_0900_bin        code points, whose order is that of the bytes of UTF-8
//
// and the same of utf8mb3. All but those named 0900 are PAD SPACE: trailing spaces do not count. Collations of languages are
// not here; Of says so.
//
// In the algorithm a character has any number of elements, of one weight a level: 'ß' those of "ss", an accent none on the
// first level, a control character none at all. What is MySQL's own:
//
//   - A text is not normalized. A letter and an accent are equal to the letter with the accent since they have the same
//     weights; two accents in another order are different on the second level.
//   - There are no contractions: the default table's are left out. So a character's weights do not depend on its neighbours.
//   - Punctuation counts on all levels, as letters do.
//   - U+FDFA, which has 18 elements, has the first eight.
//   - A character that the table lacks has weights made from its code point. Hangul syllables have those of the letters that
//     they are made of, before 9.0.0 such made ones.
//   - LIKE compares character by character, and LOCATE a part of as many bytes as it looks for: there 'ß' and "ss" differ, and
//     so do 'é' and 'e'.
//
// Keys are for sorting and hashing: AppendKey makes of a text bytes whose order and equality are the text's. Trailing spaces
// make no difference to a key, and what is smaller than a space still sorts before it.
package collation
