package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// How much of everything there is.
const (
	customers = 500
	products  = 60
	orders    = 5000
	reviews   = 12000
)

// testShare is one in how many reviews is kept for the test split.
const testShare = 5

// The classes of the dataset, by label.
var classes = []string{"negative", "neutral", "positive"}

var (
	countries  = []string{"DE", "FR", "IT", "NL", "PL", "SE"}
	categories = []string{"audio", "books", "garden", "kitchen", "outdoor", "toys"}
	adjectives = []string{"blue", "compact", "folding", "solid", "classic", "light", "modern", "smart", "tall", "warm"}
	nouns      = []string{"lamp", "speaker", "kettle", "chair", "tent", "puzzle", "atlas", "rake", "mug", "radio"}
	verdicts   = [][]string{
		{"broke after a week", "not what the picture shows", "too loud", "I sent it back"},
		{"does what it should", "fine for the price", "neither good nor bad", "average"},
		{"my favourite this year", "would buy it again", "better than expected", "a perfect gift"},
	}
)

// epoch is when the story begins.
var epoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

type customer struct {
	id            int64
	name, country string
	since         time.Time
}

type product struct {
	id             int64
	name, category string
	cents          int64
}

type order struct {
	id, customer, product int64
	quantity              int64
	at                    time.Time
}

type review struct {
	id, customer, product int64
	stars                 int8
	label                 int8 // into classes
	text                  string
	at                    time.Time
	test                  bool
}

// story is all that the silos hold.
type story struct {
	customers []customer
	products  []product
	orders    []order
	reviews   []review
}

// tell makes the story, always the same.
func tell() story {
	r := rand.New(rand.NewPCG(2025, 1))
	var s story
	for i := range customers {
		s.customers = append(s.customers, customer{
			id: int64(i + 1), name: fmt.Sprintf("Customer %03d", i+1), country: pick(r, countries),
			since: epoch.AddDate(0, 0, -r.IntN(700)),
		})
	}
	for i := range products {
		s.products = append(s.products, product{
			id: int64(i + 1), name: pick(r, adjectives) + " " + pick(r, nouns), category: categories[i%len(categories)],
			cents: int64(499 + 50*r.IntN(400)),
		})
	}
	for i := range orders {
		s.orders = append(s.orders, order{
			id: int64(i + 1), customer: 1 + r.Int64N(customers), product: 1 + r.Int64N(products),
			quantity: 1 + r.Int64N(4), at: epoch.Add(time.Duration(i) * 100 * time.Minute),
		})
	}
	for i := range reviews {
		s.reviews = append(s.reviews, s.review(r, int64(i+1)))
	}
	return s
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// review makes a review. How often a product disappoints depends on its category, so that the dataset has something to
// find.
func (s *story) review(r *rand.Rand, id int64) review {
	p := s.products[r.IntN(products)]
	disappoints := 0.1 + 0.06*float64(strings.IndexByte("abgkot", p.category[0]))
	label := int8(2)
	switch x := r.Float64(); {
	case x < disappoints:
		label = 0
	case x < disappoints+0.2:
		label = 1
	}
	stars := []int8{1, 3, 4}[label]
	if label != 1 {
		stars += int8(r.IntN(2))
	}
	return review{
		id: id, customer: 1 + r.Int64N(customers), product: p.id, stars: stars, label: label,
		text: "The " + p.name + ": " + pick(r, verdicts[label]) + ".",
		at:   epoch.Add(time.Duration(id) * 43 * time.Minute),
		test: id%testShare == 0,
	}
}
