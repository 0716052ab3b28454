import { Module } from '@nestjs/common';
import { DatabaseModule } from './database/database.module.js';

/** Every feature of core, one folder each, named by its API tag. */
@Module({
  imports: [DatabaseModule],
})
export class AppModule {}
