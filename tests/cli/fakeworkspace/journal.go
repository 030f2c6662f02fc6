package main

import (
	"slices"
	"sync"
	"time"
)

// entry is one request as it arrived, and what became of it.
type entry struct {
	Number        int       `json:"number"`
	Time          time.Time `json:"time"`
	Token         string    `json:"token"`
	PID           int       `json:"pid"` // of the CLI, where it says so (DATABRICKS_CLI_TEST_PID=1); else 0
	Method        string    `json:"method"`
	Path          string    `json:"path"`
	Query         string    `json:"query"`
	WorkspacePath string    `json:"workspace_path"` // the file or folder that the request is about, if any
	Status        int       `json:"status"`         // 0 while it is worked on, and when the answer was lost
	Rule          int       `json:"rule"`           // the rule that acted on it; 0 is none
}

// journal is the log of requests, in the order in which they arrived.
type journal struct {
	mu      sync.Mutex
	last    int
	entries []*entry
}

func (j *journal) add(e *entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	e.Number = j.last
	j.entries = append(j.entries, e)
}

func (j *journal) finish(e *entry, status, rule int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Status = status
	e.Rule = rule
}

// list returns copies of the entries of one token, or of all.
func (j *journal) list(token string, all bool) []entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	found := []entry{}
	for _, e := range j.entries {
		if all || e.Token == token {
			found = append(found, *e)
		}
	}
	return found
}

func (j *journal) clear(token string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = slices.DeleteFunc(j.entries, func(e *entry) bool { return e.Token == token })
}
