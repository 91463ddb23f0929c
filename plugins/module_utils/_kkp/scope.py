# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project and the cluster that a task works in."""

from __future__ import annotations

from .clusters import Cluster, Clusters
from .errors import OptionError
from .projects import Project, Projects
from .task import Call


def project_or_none(call: Call, projects: Projects) -> Project | None:
    """The project of the option ``project``; None where there is none, and none is needed: to remove something, or in check mode.

    Raises:
        OptionError: there is none, and something is to be made in it.
    """
    found = projects.find(call.text("project"))
    if found is None and not (call.absent or call.check_mode):
        raise OptionError(
            what=f"project {call.text('project')}",
            found="no project of that name or id",
            expected="one that the token's owner is a member of",
            look="the module kkp_project, which makes it, and the project's members",
        )
    return found


def cluster_or_none(call: Call) -> tuple[Clusters, Cluster] | None:
    """The cluster of the options ``project`` and ``cluster``; None as in project_or_none, and for a cluster on its way out.

    Raises:
        OptionError: there is none, and something is to be made in it.
    """
    project = project_or_none(call, Projects(call.api))
    if project is None:
        return None
    clusters = Clusters(call.api, project_id=project.id)
    found = clusters.find(call.text("cluster"))
    if found is not None and not (found.deleting and (call.absent or call.check_mode)):
        return clusters, found
    if not (call.absent or call.check_mode):
        raise OptionError(
            what=f"cluster {call.text('cluster')} in project {project.name}",
            found="no cluster of that name or id",
            expected="one",
            look="the module kkp_cluster, which makes it",
        )
    return None
