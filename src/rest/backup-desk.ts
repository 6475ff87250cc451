/** What the routes of backups ask; whoever runs the server gives it, see the option `backups`. */

/** As `GET /backup/status` shows it. @since 0.1.0 */
export interface ShownBackup {
  readonly path: string;
  /** Local time without offset, ISO 8601. */
  readonly created_at: string;
  readonly size_bytes: number;
  readonly is_valid: boolean;
}

/** @since 0.1.0 */
export interface BackupDesk {
  /** True where backups are made by themselves. */
  readonly enabled: boolean;
  readonly dir: string;
  /**
   * Makes one and looks at it. Undefined where another is under way.
   * @param label 1 to 64 letters, digits, - and _
   * @throws EventStoreError whose message may be shown
   */
  create(label: string): Promise<{ readonly path: string } | undefined>;
  /** Newest first. */
  list(): Promise<readonly ShownBackup[]>;
}
