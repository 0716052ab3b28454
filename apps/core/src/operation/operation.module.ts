import { Module } from '@nestjs/common';
import { LiveChannel } from './live.channel.js';
import { OperationController, TransferController } from './operation.controller.js';
import { StreamService } from './stream.service.js';
import { TransferBoard } from './transfer.board.js';
import { TransferService } from './transfer.service.js';
import { ViewerService } from './viewer.service.js';

@Module({
  controllers: [OperationController, TransferController],
  providers: [LiveChannel, TransferBoard, TransferService, StreamService, ViewerService],
  exports: [LiveChannel],
})
export class OperationModule {}
