package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// rule says what happens to some requests of one token. Rules are tried in the order in which they were added; each
// counts the requests that it matches, and the first that is due acts.
type rule struct {
	ID    int `json:"id"`
	token string

	// Which requests. An empty field matches everything.
	Method string `json:"method"`
	Path   string `json:"path"`  // of the URL; `*` stands for any text
	Under  string `json:"under"` // the file or folder that the request is about is this one, or lies in it

	// Which of them: after Skip matches, the next Times; 0 is all that follow.
	Skip  int `json:"skip"`
	Times int `json:"times"`

	// When: before the server does the work, or after it, when only the answer is missing.
	AfterWork bool `json:"after_work"`

	// What. Delay and Hold come first; then at most one of Kill, Drop and Status; none of them lets the request pass.
	DelayMS int             `json:"delay_ms"`
	Hold    bool            `json:"hold"` // until the test releases it
	Kill    bool            `json:"kill"` // SIGKILL to the CLI that sent it; matches only what names its process
	Drop    bool            `json:"drop"` // close the connection without an answer
	Status  int             `json:"status"`
	Body    json.RawMessage `json:"body,omitempty"`

	Headers map[string]string `json:"headers,omitempty"`

	// What happened so far.
	Matched int `json:"matched"`
	Fired   int `json:"fired"`
	Holding int `json:"holding"` // requests that are being held now

	pattern  *regexp.Regexp
	released chan struct{}
	free     bool
}

// The error codes that a workspace gives with a status, where a rule does not bring a body of its own.
var errorCodes = map[int]string{
	http.StatusBadRequest:          "INVALID_PARAMETER_VALUE",
	http.StatusUnauthorized:        "UNAUTHENTICATED",
	http.StatusForbidden:           "PERMISSION_DENIED",
	http.StatusNotFound:            "RESOURCE_DOES_NOT_EXIST",
	http.StatusConflict:            "RESOURCE_CONFLICT",
	http.StatusTooManyRequests:     "REQUEST_LIMIT_EXCEEDED",
	http.StatusInternalServerError: "INTERNAL_ERROR",
	http.StatusServiceUnavailable:  "TEMPORARILY_UNAVAILABLE",
	http.StatusGatewayTimeout:      "DEADLINE_EXCEEDED",
}

// prepare checks a rule that came from a test and fills in what it leaves out.
func (r *rule) prepare() error {
	actions := 0
	for _, set := range []bool{r.Kill, r.Drop, r.Status != 0} {
		if set {
			actions++
		}
	}
	switch {
	case actions > 1:
		return errors.New("a rule has at most one of kill, drop and status")
	case actions == 0 && !r.Hold && r.DelayMS == 0:
		return errors.New("a rule does something: kill, drop, status, hold or delay_ms")
	case r.Skip < 0 || r.Times < 0 || r.DelayMS < 0:
		return errors.New("skip, times and delay_ms are not negative")
	case r.Status != 0 && (r.Status < 200 || r.Status > 599):
		return fmt.Errorf("%d is no status of an answer", r.Status)
	}
	if r.Status >= 400 && r.Body == nil {
		code := errorCodes[r.Status]
		body, err := json.Marshal(map[string]string{"error_code": code, "message": "Injected by a test: " + http.StatusText(r.Status)})
		if err != nil {
			return err
		}
		r.Body = body
	}
	r.Under = strings.TrimRight(r.Under, "/")
	if r.Path != "" {
		parts := strings.Split(r.Path, "*")
		for i, part := range parts {
			parts[i] = regexp.QuoteMeta(part)
		}
		pattern, err := regexp.Compile("^" + strings.Join(parts, "(?s:.*)") + "$")
		if err != nil {
			return err
		}
		r.pattern = pattern
	}
	r.released = make(chan struct{})
	return nil
}

func (r *rule) matches(e *entry) bool {
	if r.token != e.Token || (r.Method != "" && r.Method != e.Method) || (r.Kill && e.PID == 0) {
		return false
	}
	if r.pattern != nil && !r.pattern.MatchString(e.Path) {
		return false
	}
	return r.Under == "" || e.WorkspacePath == r.Under || strings.HasPrefix(e.WorkspacePath, r.Under+"/")
}

// rules are all rules of all tokens.
type rules struct {
	mu      sync.Mutex
	harness *harness
	last    int
	list    []*rule
}

func newRules(harness *harness) *rules { return &rules{harness: harness} }

func (rs *rules) add(r *rule) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.last++
	r.ID = rs.last
	rs.list = append(rs.list, r)
}

// due counts the request for every rule that matches it and returns the one that acts on it, or nil.
func (rs *rules) due(e *entry) *rule {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	var acting *rule
	for _, r := range rs.list {
		if !r.matches(e) {
			continue
		}
		r.Matched++
		if acting == nil && r.Matched > r.Skip && (r.Times == 0 || r.Fired < r.Times) {
			r.Fired++
			acting = r
		}
	}
	return acting
}

// wait delays and holds the request; it returns false when the client went away meanwhile.
func (rs *rules) wait(r *rule, request *http.Request) bool {
	if r.DelayMS > 0 {
		select {
		case <-time.After(time.Duration(r.DelayMS) * time.Millisecond):
		case <-request.Context().Done():
			return false
		}
	}
	if !r.Hold {
		return true
	}
	rs.countHolding(r, 1)
	defer rs.countHolding(r, -1)
	select {
	case <-r.released:
		return true
	case <-request.Context().Done():
		return false
	}
}

func (rs *rules) countHolding(r *rule, change int) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r.Holding += change
}

// release lets the held requests of one rule go on, and those that come later pass; false when there is no such rule.
func (rs *rules) release(token string, id int) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.list {
		if r.token == token && r.ID == id {
			rs.setFree(r)
			return true
		}
	}
	return false
}

func (rs *rules) setFree(r *rule) {
	if !r.free {
		r.free = true
		close(r.released)
	}
}

func (rs *rules) clear(token string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.list = slices.DeleteFunc(rs.list, func(r *rule) bool {
		if r.token != token {
			return false
		}
		rs.setFree(r)
		return true
	})
}

func (rs *rules) releaseAll() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.list {
		rs.setFree(r)
	}
}

func (rs *rules) of(token string) []rule {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	found := []rule{}
	for _, r := range rs.list {
		if r.token == token {
			found = append(found, *r)
		}
	}
	return found
}
