package main

import (
	"encoding/json"
	"sync"

	"github.com/databricks/cli/libs/testserver"
	"github.com/databricks/databricks-sdk-go/service/dashboards"
)

// dashboardLog remembers which dashboards were made: the fake gives them out by id only.
type dashboardLog struct {
	mu  sync.Mutex
	ids map[*testserver.FakeWorkspace][]string
}

func newDashboardLog() *dashboardLog {
	return &dashboardLog{ids: map[*testserver.FakeWorkspace][]string{}}
}

func (d *dashboardLog) create(req testserver.Request) any {
	answer := req.Workspace.DashboardCreate(req)
	var made struct {
		ID string `json:"dashboard_id"`
	}
	encoded, err := json.Marshal(answer.Body)
	if err == nil && json.Unmarshal(encoded, &made) == nil && made.ID != "" {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.ids[req.Workspace] = append(d.ids[req.Workspace], made.ID)
	}
	return answer
}

// of returns the dashboards that aren't in the trash. The workspace is locked by the caller.
func (d *dashboardLog) of(w *testserver.FakeWorkspace) map[string]any {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := map[string]any{}
	for _, id := range d.ids[w] {
		dashboard, ok := w.Dashboards.ReadStrong(id)
		if ok && dashboard != nil && dashboard.LifecycleState != dashboards.LifecycleStateTrashed {
			found[id] = dashboard
		}
	}
	return found
}

// pathOf returns where a dashboard lies that isn't in the trash, or nothing.
func (d *dashboardLog) pathOf(w *testserver.FakeWorkspace, id string) string {
	defer w.LockUnlock()()
	found, ok := w.Dashboards.ReadStrong(id)
	if !ok || found == nil || found.LifecycleState == dashboards.LifecycleStateTrashed {
		return ""
	}
	return dashboardPath(found.ParentPath, found.DisplayName)
}
