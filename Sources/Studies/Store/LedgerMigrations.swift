import GRDB

/// How the ledger came to its shape: a list that only grows. A migration that was released is never edited.
enum LedgerMigrations {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("studies, steps, leases, attempts, events, fingerprints") { db in
            try db.create(table: "studies") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("name", .text).notNull().indexed()
                // Of its settings.
                table.column("hash", .text).notNull().unique()
                table.column("file", .text).notNull()
                table.column("settings", .text).notNull()
                table.column("began", .double).notNull()
            }
            try db.create(table: "steps") { table in
                table.primaryKey("key", .text)
                table.column("kind", .text).notNull()
                table.column("label", .text).notNull()
                // planned, done or failed; DONE in the step's folder is what counts.
                table.column("state", .text).notNull()
                // Seconds, without calibration.
                table.column("estimate", .double).notNull()
                table.column("updated", .double).notNull().indexed()
            }
            try db.create(table: "study_steps") { table in
                table.column("study", .text).notNull()
                table.column("key", .text).notNull().references("steps")
                table.column("place", .integer).notNull()
                table.column("label", .text).notNull()
                table.primaryKey(["study", "key"])
            }
            try db.create(table: "leases") { table in
                table.primaryKey("key", .text)
                table.column("attempt", .integer).notNull()
                for name in ["owner", "host", "boot", "space", "start"] { table.column(name, .text).notNull() }
                table.column("pid", .integer).notNull()
                table.column("beat", .double).notNull()
            }
            try db.create(table: "attempts") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("key", .text).notNull().indexed()
                table.column("study", .text).notNull().indexed()
                table.column("lane", .text).notNull()
                for name in ["owner", "host"] { table.column(name, .text).notNull() }
                table.column("pid", .integer).notNull()
                table.column("began", .double).notNull()
                table.column("ended", .double)
                // done, failed, transient, interrupted or lost.
                table.column("outcome", .text)
                table.column("message", .text)
                table.column("requests", .integer).notNull().defaults(to: 0)
                table.column("money", .double).notNull().defaults(to: 0)
                // What it counts: done of total, and what else it says of itself.
                table.column("done", .integer).notNull().defaults(to: 0)
                table.column("total", .integer).notNull().defaults(to: 0)
                table.column("detail", .text)
            }
            try db.create(table: "events") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("at", .double).notNull()
                table.column("study", .text).notNull()
                table.column("key", .text).indexed()
                table.column("attempt", .integer)
                // info, warning or error.
                table.column("level", .text).notNull()
                table.column("message", .text).notNull()
            }
            try db.create(table: "fingerprints") { table in
                table.primaryKey("identity", .text)
                table.column("hash", .text).notNull()
            }
        }
        return migrator
    }
}
